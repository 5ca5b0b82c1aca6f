import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { readSettings } from '../../functions/core/settings.ts';
import { createApp } from '../../lib/app.ts';
import { Chorus } from '../../lib/chorus.ts';
import type { ChorusProps } from '../../lib/chorus-props.ts';
import { bundleFunctions, deploymentOf, newApp, privo, resource } from './deployment.ts';

beforeAll(bundleFunctions);

const folder = () => mkdtempSync(path.join(tmpdir(), 'assembly-'));

describe('the app', () => {
  it('gives the same templates every time', () => {
    const [first, second] = [0, 1].map(() => {
      const assembly = folder();
      createApp(assembly).synth();
      const files = readdirSync(assembly).filter((file) => /\.(template|assets)\.json$/.test(file));
      return Object.fromEntries(files.map((file) => [file, readFileSync(path.join(assembly, file), 'utf8')]));
    });
    expect(Object.keys(first ?? {})).toHaveLength(4);
    expect(first).toEqual(second);
  });

  it('keeps the data in one stack and the code in another', () => {
    expect(
      createApp(folder())
        .synth()
        .stacks.map(({ stackName }) => stackName),
    ).toEqual(['ChorusData', 'Chorus']);
  });

  const withContext = (chorus: unknown) => {
    const before = process.env.CDK_CONTEXT_JSON;
    process.env.CDK_CONTEXT_JSON = JSON.stringify({ chorus });
    try {
      return createApp(folder());
    } finally {
      if (before === undefined) delete process.env.CDK_CONTEXT_JSON;
      else process.env.CDK_CONTEXT_JSON = before;
    }
  };

  it('takes its settings from the context, and refuses those it does not know', () => {
    expect(
      withContext('{"name":"Staging"}')
        .synth()
        .stacks.map(({ stackName }) => stackName),
    ).toEqual(['StagingData', 'Staging']);
    expect(() => withContext({ anonymus: ['rooms'] })).toThrow('Chorus: there is no setting "anonymus"');
    expect(() => withContext('rooms')).toThrow('the context "chorus" must be JSON');
    expect(() => withContext(['rooms'])).toThrow('the context "chorus" must be an object');
  });

  it('uses a table that exists already, or has replicas made of its own, where the context says so', () => {
    const arn = 'arn:aws:dynamodb:us-east-1:123456789012:table/Restored';
    const [data] = withContext({ existingTable: { arn, streamArn: `${arn}/stream/1` } }).synth().stacks;
    expect(JSON.stringify(data?.template)).not.toContain('lsi0');
    process.env.CDK_DEFAULT_REGION = 'eu-central-1';
    try {
      const { stacks } = withContext({ replicas: ['us-east-1'] }).synth();
      expect(stacks.map(({ environment }) => environment.region)).toEqual(['eu-central-1', 'eu-central-1']);
      expect(JSON.stringify(stacks[0]?.template)).toContain('"Region":"us-east-1"');
    } finally {
      delete process.env.CDK_DEFAULT_REGION;
    }
  });
});

describe('the construct', () => {
  it('works in the stack of somebody else, data and all', () => {
    const stack = new Stack(newApp(), 'Game', { env: { account: '123456789012', region: 'eu-central-1' } });
    const chorus = new Chorus(stack, 'Multiplayer', { alarmTopic: new Topic(stack, 'Pager') });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::DynamoDB::GlobalTable', 2);
    template.resourceCountIs('AWS::ApiGatewayV2::Api', 2);
    template.hasResource('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Retain' });
    expect(stack.resolve(chorus.httpApi.url)).toEqual({
      'Fn::GetAtt': [expect.stringContaining('HttpApi'), 'ApiEndpoint'],
    });
    expect(chorus.edge?.url).toBeDefined();
  });

  it('must be the only one in its stack, whose name its queues have', () => {
    const stack = new Stack(newApp(), 'Game');
    new Chorus(stack, 'One');
    expect(() => new Chorus(stack, 'Two')).toThrow(
      'Game/Two must have a stack of its own; Game/One is in this one already',
    );
  });

  it('lets nobody in without a credential, and no origin but its own, until told', () => {
    const { Variables } = resource(deploymentOf().chorus, 'AWS::Lambda::Function', 'FunctionsSockets').Properties
      .Environment;
    expect(Variables.ANONYMOUS).toBeUndefined();
    expect(Variables.FRAME_RATE_LIMIT).toBe('{"maxHits":1000,"windowMs":10000}');
    expect(Variables.MAIL_FROM).toBeUndefined();
  });

  it('hands its settings to the functions in the form they read', () => {
    const secretKeyArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:clerk-AbCdEf';
    const props = {
      requireSignIn: true,
      anonymous: ['rooms', 'nodes'],
      accountOrigins: ['https://a.example', 'https://b.example:8443'],
      apiOrigins: ['https://c.example'],
      requireOrigin: true,
      environment: 'staging',
      authIssuers: [{ issuer: 'https://id.example', audience: 'game' }],
      clerk: {
        secretKeyArn,
        jwksUrl: 'https://clerk.example/jwks',
        issuer: 'https://clerk.example',
        authorizedParties: ['https://a.example', 'https://b.example:8443'],
      },
      privo,
      superUserAddresses: ['Root@example.com'],
      adminAddresses: ['a@example.com', '+15550100'],
      addressRules: [{ type: 'deny', pattern: '@evil.example$' }],
      frontendOrigin: 'https://front.example',
      rooms: { presenceThrottleMs: 50, chatHistoryLimit: 20, chatRetentionDays: 7 },
      branches: { versions: { everyMinutes: 10, keepDays: 2 }, showEmail: true },
      serverId: 'eu',
      peers: [{ serverId: 'us', url: 'https://us.example' }],
      nodes: { maxWaitMs: 5_000, maxWaiting: 9, guarded: ['user:<userId>:'] },
      instances: { maxKeys: 50, maxBytes: 5_000 },
      publicInsts: { lifetimeSeconds: 60, expireMode: 'XX' },
      rateLimit: { maxHits: 5, windowMs: 1_000 },
      frameRateLimit: false,
    } as const satisfies ChorusProps;
    const { Variables } = resource(deploymentOf(props).chorus, 'AWS::Lambda::Function', 'FunctionsLight').Properties
      .Environment;
    expect(readSettings(Variables)).toEqual({
      requireSignIn: true,
      anonymous: new Set(['rooms', 'nodes']),
      accountOrigins: ['https://a.example', 'https://b.example:8443'],
      apiOrigins: ['https://c.example'],
      requireOrigin: true,
      authIssuers: [{ issuer: 'https://id.example', audience: 'game' }],
      environment: 'staging',
      relyingParties: [],
      adminToken: undefined,
      clerk: {
        secretKey: secretKeyArn,
        jwksUrl: 'https://clerk.example/jwks',
        issuer: 'https://clerk.example',
        authorizedParties: ['https://a.example', 'https://b.example:8443'],
        webhookSecret: undefined,
      },
      privo,
      superUserAddresses: new Set(['root@example.com']),
      adminAddresses: new Set(['a@example.com', '+15550100']),
      addressRules: [{ type: 'deny', pattern: '@evil.example$' }],
      frontendOrigin: 'https://front.example',
      presenceThrottleMs: 50,
      chatHistoryLimit: 20,
      chatRetentionDays: 7,
      branchVersions: { everyMs: 600_000, keepMs: 172_800_000 },
      showEmail: true,
      serverId: 'eu',
      peers: [{ serverId: 'us', url: 'https://us.example' }],
      nodesMaxWaitMs: 5_000,
      nodesMaxWaiting: 9,
      nodesGuarded: ['user:<userId>:'],
      instanceMaxKeys: 50,
      instanceMaxBytes: 5_000,
      publicInsts: { lifetimeSeconds: 60, expireMode: 'XX' },
      rateLimit: { maxHits: 5, windowMs: 1_000 },
      frameRateLimit: undefined,
    });
  });

  it.each([null, false] as const)(
    'hands over that public insts live for good, or that there are none: %s',
    (publicInsts) => {
      const { PUBLIC_INSTS } = resource(
        deploymentOf({ publicInsts }).chorus,
        'AWS::Lambda::Function',
        'FunctionsSockets',
      ).Properties.Environment.Variables;
      expect(readSettings({ PUBLIC_INSTS })).toMatchObject({ publicInsts });
    },
  );

  it('hands relying parties to the function that knows them', () => {
    const webAuthn = [{ name: 'Example', id: 'example.com', origin: 'https://account.example.com' }];
    const environmentOf = (props: ChorusProps) =>
      resource(deploymentOf(props).chorus, 'AWS::Lambda::Function', 'FunctionsPasskeys').Properties.Environment
        .Variables;
    const { WEBAUTHN } = environmentOf({ webAuthn });
    expect(readSettings({ WEBAUTHN }).relyingParties).toEqual(webAuthn);
    expect(environmentOf({}).WEBAUTHN).toBeUndefined();
  });

  it('traces, logs and throttles where that was asked for', () => {
    const { chorus } = deploymentOf({
      tracing: true,
      socketAccessLogs: true,
      httpThrottle: { rateLimit: 100, burstLimit: 200 },
      socketThrottle: { rateLimit: 300, burstLimit: 400 },
    });
    expect(resource(chorus, 'AWS::Lambda::Function', 'Sockets').Properties.TracingConfig).toEqual({ Mode: 'Active' });
    expect(resource(chorus, 'AWS::ApiGatewayV2::Stage', 'SocketApi').Properties).toMatchObject({
      AccessLogSettings: { Format: expect.not.stringContaining('body') },
      DefaultRouteSettings: { ThrottlingRateLimit: 300, ThrottlingBurstLimit: 400 },
    });
    expect(resource(chorus, 'AWS::ApiGatewayV2::Stage', 'HttpApi').Properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 100,
      ThrottlingBurstLimit: 200,
    });
  });

  // What comes from JSON or plain JavaScript has no types.
  it.each<[string, Record<string, unknown>]>([
    ['anonymous[0] must be one of rooms, nodes, insts; it is "files"', { anonymous: ['files'] }],
    ['anonymous must be a list', { anonymous: 'rooms' }],
    ['edge must be true or false; it is "no"', { edge: 'no' }],
    [
      'accountOrigins[0] must be an origin such as https://example.com',
      { accountOrigins: ['https://example.com/login'] },
    ],
    ['apiOrigins[1] must be an origin', { apiOrigins: ['https://example.com', 'example.com'] }],
    ['frontendOrigin must be an origin', { frontendOrigin: 'ftp://example.com' }],
    ['mailFrom must be an address', { mailFrom: 'Chorus' }],
    ['smsSender must be up to 11 letters', { smsSender: 'a name too long' }],
    ['outboundAllowHosts[0] must be a host with its port', { outboundAllowHosts: ['https://example.com'] }],
    ['dnsServers[0] must be an IP address', { dnsServers: ['dns.example.com:53'] }],
    ['alarmEmail must be a mail address', { alarmEmail: '+15550100' }],
    [
      'webAuthn[0] must be { name, id, origin }, its id the host of its origin',
      { webAuthn: [{ name: 'Example', id: 'other.example', origin: 'https://account.example.com' }] },
    ],
    ['authIssuers[0] must be', { authIssuers: [{ issuer: 'http://id.example' }] }],
    ['privo must be { gatewayEndpoint', { privo: { ...privo, clientSecretArn: 'secret' } }],
    ['privo must be { gatewayEndpoint', { privo: { ...privo, roleIds: {} } }],
    [
      'clerk.secretKeyArn must be the ARN of a secret in AWS Secrets Manager; it is "not shown"',
      { clerk: { secretKeyArn: 'sk_live_secret' } },
    ],
    ['clerk.jwksUrl must be an address', { clerk: { jwksUrl: 'http://clerk.example' } }],
    ['clerk.authorizedParties[0] must be an origin', { clerk: { authorizedParties: ['app.example'] } }],
    ['addressRules[0] must be', { addressRules: [{ type: 'maybe', pattern: 'x' }] }],
    ['superUserAddresses[0] must be a mail address or phone number', { superUserAddresses: ['root'] }],
    ['publicInsts must be { lifetimeSeconds', { publicInsts: { lifetimeSeconds: 0, expireMode: 'NX' } }],
    ['publicInsts must be { lifetimeSeconds', { publicInsts: { lifetimeSeconds: 60 } }],
    ['publicInsts must be { lifetimeSeconds', { publicInsts: true }],
    ['branches.versions must be { everyMinutes', { branches: { versions: { everyMinutes: 1, keepDays: -1 } } }],
    ['serverId must be a name', { serverId: 'eu west' }],
    ['serverId must be given where there are peers', { peers: [{ serverId: 'us', url: 'https://us.example' }] }],
    [
      'peers must be a list of { serverId, url }',
      { serverId: 'us', peers: [{ serverId: 'us', url: 'https://a.example' }] },
    ],
    [
      'peers must be a list of { serverId, url }',
      { serverId: 'eu', peers: [{ serverId: 'us', url: 'ftp://a.example' }] },
    ],
    ['nodes.maxWaitMs must be milliseconds, 0 to 25000; it is 30000', { nodes: { maxWaitMs: 30_000 } }],
    ['nodes.guarded[0] must be the beginning of keys', { nodes: { guarded: [''] } }],
    ['rateLimit must be { maxHits, windowMs }', { rateLimit: { maxHits: 0, windowMs: 1_000 } }],
    ['frameRateLimit must be { maxHits, windowMs }', { frameRateLimit: true }],
    ['rooms.presenceThrottleMs must be milliseconds, 0 to 10000; it is -1', { rooms: { presenceThrottleMs: -1 } }],
    ['rooms.chatRetentionDays must be a whole number of days', { rooms: { chatRetentionDays: 0.5 } }],
    ['domainName must be given together with certificate', { domainName: 'play.example.com' }],
  ])('refuses in plain words: %s', (message, props) => {
    const stack = new Stack(newApp(), 'Wrong');
    expect(() => new Chorus(stack, 'Chorus', props)).toThrow(`Chorus: ${message}`);
  });

  it('does not repeat a secret that does not belong there', () => {
    const { clientSecretArn: _, ...rest } = privo;
    const stack = new Stack(newApp(), 'Wrong');
    const props: Record<string, unknown> = { privo: { ...rest, clientSecret: 'hush' } };
    expect(() => new Chorus(stack, 'Chorus', props)).toThrow(/^(?!.*hush).*without the secret itself/);
  });

  it('leaves what becomes of data that was handed in to whoever made it', () => {
    const stack = new Stack(newApp(), 'Game');
    const { data } = new Chorus(stack, 'Chorus');
    expect(() => new Chorus(new Stack(stack, 'Other'), 'Chorus', { data, removal: RemovalPolicy.DESTROY })).toThrow(
      'Chorus: removal must be left out where data is given',
    );
  });
});
