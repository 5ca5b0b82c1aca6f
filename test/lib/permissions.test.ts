import { beforeAll, describe, expect, it } from '@jest/globals';
import { callees, ENV } from '../../functions/core/env.ts';
import { type Deployment, deploymentOf, flat, privo, type Resource, resource, resourcesOf } from './deployment.ts';

let deployed: Deployment;
beforeAll(() => {
  deployed = deploymentOf({ mailFrom: 'Chorus <no-reply@example.com>' });
});

interface Grant {
  readonly action: string;
  readonly resource: string;
}

const many = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

function grantsOf(policy: Resource): Grant[] {
  return policy.Properties.PolicyDocument.Statement.filter((one: { Effect: string }) => one.Effect === 'Allow').flatMap(
    ({ Action, Resource }: { Action: unknown; Resource: unknown }) =>
      many(Action).flatMap((action) =>
        many(Resource).map((target) => ({ action: String(action), resource: flat(target) })),
      ),
  );
}

function grantsOfRole(role: string): Grant[] {
  return Object.values(resourcesOf(deployed.chorus, 'AWS::IAM::Policy'))
    .filter(({ Properties }) => Properties.Roles.some((one: unknown) => flat(one) === role))
    .flatMap(grantsOf);
}

/** The function whose logical id contains `name`: its environment and what its role allows. */
function functionOf(name: string) {
  const { Properties } = resource(deployed.chorus, 'AWS::Lambda::Function', `Functions${name}Function`);
  const environment: Record<string, unknown> = Properties.Environment?.Variables ?? {};
  return { environment, grants: grantsOfRole(flat(Properties.Role)) };
}

const names = [
  'Sockets',
  'Ordered',
  'Light',
  'Passkeys',
  'Files',
  'FileArrivals',
  'Documents',
  'Instances',
  'Webhooks',
  'Ai',
  'AiStreams',
  'Images',
  'Poster',
  'Jobs',
  'Derived',
];

describe('permissions', () => {
  it('name every action', () => {
    const policies = Object.values(resourcesOf(deployed.chorus, 'AWS::IAM::Policy'));
    for (const { action } of policies.flatMap(grantsOf)) expect(action).not.toContain('*');
  });

  it('name every resource; only the connections of our own stage, our schedules, blobs and files are named all at once', () => {
    const policies = Object.values(resourcesOf(deployed.chorus, 'AWS::IAM::Policy'));
    const wildcards = policies.flatMap(grantsOf).filter(({ resource }) => resource.includes('*'));
    expect(wildcards.length).toBeGreaterThan(0);
    for (const { action, resource } of wildcards) {
      if (action.startsWith('s3:')) {
        expect(action).toMatch(/^s3:((Get|Put|Delete)Object|PutObjectTagging|PutObjectAcl)$/);
        const what =
          action === 's3:PutObjectAcl'
            ? /DataBlobsBucket\w+[^/]*\/messages\/\*$/
            : /Data(Blobs|Files)Bucket\w+[^/]*\/\*$/;
        expect(resource).toMatch(what);
        continue;
      }
      if (action.startsWith('scheduler:')) {
        expect(action).toBe('scheduler:CreateSchedule');
        expect(resource).toMatch(/:schedule\/[^/]*-reminders\/\*$/);
        continue;
      }
      expect(action).toBe('execute-api:ManageConnections');
      expect(resource).toMatch(/:ChorusSocketApi\w+\/socket\/(POST|DELETE)\/@connections\/\*$/);
    }
  });

  it('come from no managed policy', () => {
    for (const { Properties } of Object.values(resourcesOf(deployed.chorus, 'AWS::IAM::Role'))) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  it.each(names)('of %s cover everything its environment names', (name) => {
    const { environment, grants } = functionOf(name);
    const services: Partial<Record<string, string>> = {
      [ENV.tableName]: 'dynamodb:',
      [ENV.connectionsTableName]: 'dynamodb:',
      [ENV.socketEndpoint]: 'execute-api:',
      [ENV.laneUrl]: 'sqs:SendMessage',
      [ENV.fanOutUrl]: 'sqs:SendMessage',
      [ENV.deliveriesUrl]: 'sqs:SendMessage',
      [ENV.remindersUrl]: 'sqs:SendMessage',
      [ENV.remindersRoleArn]: 'iam:PassRole',
      [ENV.serverSecretArn]: 'secretsmanager:',
      [ENV.edgeSecretArn]: 'secretsmanager:',
      [ENV.blobsBucket]: 's3:',
      [ENV.filesBucket]: 's3:DeleteObject',
      [ENV.passkeysFunction]: 'lambda:InvokeFunction',
      [ENV.filesFunction]: 'lambda:InvokeFunction',
      [ENV.documentsFunction]: 'lambda:InvokeFunction',
      [ENV.instancesFunction]: 'lambda:InvokeFunction',
      [ENV.aiFunction]: 'lambda:InvokeFunction',
      [ENV.imagesFunction]: 'lambda:InvokeFunction',
    };
    const named = Object.entries(environment).filter(([variable]) => services[variable] !== undefined);
    expect(named.length).toBeGreaterThan(1);
    for (const [variable, value] of named) {
      const id = /(?:Ref|GetAtt)?((?:Data|Chorus)[A-Z]\w*?[0-9A-F]{8})/.exec(flat(value))?.[1];
      const fitting = grants.filter(
        ({ action, resource }) =>
          action.startsWith(services[variable] ?? '') && id !== undefined && resource.includes(id),
      );
      expect({ variable, fits: fitting.length > 0 }).toEqual({ variable, fits: true });
    }
  });

  it('keep workers away from secrets, and requests over HTTP away from sockets', () => {
    for (const name of ['FileArrivals', 'Poster', 'Jobs', 'Derived']) {
      expect(functionOf(name).grants.filter(({ action }) => action.startsWith('secretsmanager:'))).toEqual([]);
    }
    for (const name of ['Light', 'Passkeys', 'Files']) {
      expect(functionOf(name).grants.filter(({ action }) => action.startsWith('execute-api:'))).toEqual([]);
      expect(functionOf(name).environment[ENV.socketEndpoint]).toBeUndefined();
    }
  });

  it('let the light function invoke the others, who writes into documents or keys merge them, and sockets ask the light one', () => {
    const invoking = names.flatMap((name) =>
      functionOf(name).grants.flatMap(({ action, resource }) =>
        action.startsWith('lambda:') ? [[name, resource]] : [],
      ),
    );
    const { http, ...others } = callees;
    expect(invoking).toEqual([
      ['Sockets', expect.stringMatching(/FunctionsLightFunction/)],
      ['Sockets', expect.stringMatching(/FunctionsDocumentsFunction/)],
      ['Ordered', expect.stringMatching(/FunctionsDocumentsFunction/)],
      ...Object.keys(others).map((callee) => [
        'Light',
        expect.stringMatching(new RegExp(`Functions${callee}Function`, 'i')),
      ]),
      ['Instances', expect.stringMatching(/FunctionsDocumentsFunction/)],
      ['Ai', expect.stringMatching(/FunctionsDocumentsFunction/)],
      ['Ai', expect.stringMatching(/FunctionsImagesFunction/)],
      ['Images', expect.stringMatching(/FunctionsDocumentsFunction/)],
      ['Poster', expect.stringMatching(/FunctionsDocumentsFunction/)],
    ]);
    for (const variable of Object.values(others)) expect(functionOf('Light').environment[variable]).toBeDefined();
    expect(functionOf('Sockets').environment[http]).toBeDefined();
  });

  it('let those set reminders that have something to be reminded of, with the one role that may do no more', () => {
    const setting = names.filter((name) => functionOf(name).environment[ENV.remindersUrl] !== undefined);
    const asked = ['Sockets', 'Ordered', 'Instances', 'Webhooks', 'Ai', 'AiStreams', 'Images', 'Poster', 'Derived'];
    expect(setting).toEqual(asked);
    const role = resource(deployed.chorus, 'AWS::IAM::Role', 'RemindersSchedulerRole');
    expect(role.Properties.AssumeRolePolicyDocument.Statement).toMatchObject([
      { Principal: { Service: 'scheduler.amazonaws.com' }, Condition: { StringEquals: expect.anything() } },
    ]);
    const policy = resource(deployed.chorus, 'AWS::IAM::Policy', 'RemindersSchedulerRole');
    expect(grantsOf(policy)).toEqual([
      { action: 'sqs:SendMessage', resource: expect.stringContaining('RemindersQueue') },
    ]);
  });

  it('let few reach into the files bucket, and each do there what it is for', () => {
    const reaching = names.flatMap((name) => {
      const { grants } = functionOf(name);
      const actions = grants.filter(({ resource }) => resource.includes('DataFilesBucket')).map(({ action }) => action);
      return actions.length === 0 ? [] : [[name, actions]];
    });
    expect(reaching).toEqual([
      ['Files', ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObject', 's3:DeleteObject']],
      ['FileArrivals', ['s3:PutObjectTagging', 's3:DeleteObject']],
      ['Derived', ['s3:DeleteObject']],
    ]);
  });

  it('let those sign uploads that hand out where to put big messages and values', () => {
    const signing = names.filter((name) => functionOf(name).grants.some(({ action }) => action === 's3:PutObjectAcl'));
    expect(signing).toEqual(['Sockets', 'Ordered', 'Documents', 'Instances', 'Ai', 'AiStreams', 'Images', 'Poster']);
  });

  it('keep passkeys away from queues and mail', () => {
    const { grants } = functionOf('Passkeys');
    expect(grants.filter(({ action }) => /^(sqs|ses|sns|lambda):/.test(action))).toEqual([]);
  });

  it('allow mail from the configured sender alone, and to the function that signs people in', () => {
    const sending = names.flatMap((name) =>
      functionOf(name).grants.flatMap(({ action, resource }) => (action === 'ses:SendEmail' ? [[name, resource]] : [])),
    );
    expect(sending).toEqual([
      ['Light', expect.stringMatching(/:identity\/no-reply@example\.com$/)],
      ['Light', expect.stringMatching(/:identity\/example\.com$/)],
    ]);
    expect(functionOf('Light').environment[ENV.mailFrom]).toBe('Chorus <no-reply@example.com>');
  });

  it('open the secret of Privo’s client to the function that signs people in, and to no other', () => {
    const { chorus } = deploymentOf({ privo });
    const allowed = Object.entries(resourcesOf(chorus, 'AWS::IAM::Policy')).filter(([, policy]) =>
      grantsOf(policy).some((grant) => grant.resource === privo.clientSecretArn),
    );
    expect(allowed.map(([id]) => id)).toEqual([expect.stringContaining('FunctionsLight')]);
  });

  it('open the secret key of an application at Clerk to all that let callers in, and to nobody else', () => {
    const secretKeyArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:clerk-AbCdEf';
    const { chorus } = deploymentOf({ clerk: { secretKeyArn } });
    const allowed = Object.entries(resourcesOf(chorus, 'AWS::IAM::Policy')).filter(([, policy]) =>
      grantsOf(policy).some((grant) => grant.resource === secretKeyArn),
    );
    const doors = Object.values(resourcesOf(chorus, 'AWS::Lambda::Function')).filter(
      ({ Properties }) => Properties.Environment?.Variables?.[ENV.clerkSecretKey] !== undefined,
    );
    expect(allowed).toHaveLength(doors.length);
    expect(doors.length).toBeGreaterThan(5);
  });

  it('open the signing secret of Clerk’s webhook, and operators’ token, to the function of instances alone', () => {
    const arn = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;
    const { chorus } = deploymentOf({ clerk: { webhookSecretArn: arn('clerk') }, adminTokenArn: arn('admin') });
    for (const name of ['clerk', 'admin']) {
      const allowed = Object.entries(resourcesOf(chorus, 'AWS::IAM::Policy')).filter(([, policy]) =>
        grantsOf(policy).some((grant) => grant.resource === arn(name)),
      );
      expect(allowed.map(([id]) => id)).toEqual([expect.stringContaining('FunctionsInstances')]);
    }
  });

  it('let text messages reach phones and never a topic', () => {
    const { chorus } = deploymentOf({ smsSender: 'Chorus' });
    const { Statement } = resource(chorus, 'AWS::IAM::Policy', 'FunctionsLight').Properties.PolicyDocument;
    const publishing = Statement.filter(({ Action }: { Action: unknown }) => Action === 'sns:Publish');
    expect(publishing).toEqual([
      expect.objectContaining({ Effect: 'Allow', Resource: '*' }),
      expect.objectContaining({ Effect: 'Deny' }),
    ]);
    expect(flat(publishing[1].Resource)).toMatch(/:sns:\*:\*:\*$/);
  });
});

describe('environments', () => {
  it('hold no empty value, which would not deploy', () => {
    for (const name of names) {
      for (const value of Object.values(functionOf(name).environment)) expect(value).not.toBe('');
    }
  });

  it('hold no secret', () => {
    expect(JSON.stringify(names.map((name) => functionOf(name).environment))).not.toContain('{{resolve:');
  });
});
