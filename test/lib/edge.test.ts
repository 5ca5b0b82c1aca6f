import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Stack } from 'aws-cdk-lib/core';
import { pageCode, rootCode, socketPathCode } from '../../lib/viewer-functions.ts';
import { type Deployment, deploymentOf, flat, newApp, resource, resourcesOf } from './deployment.ts';

interface ViewerRequest {
  uri: string;
  querystring: Record<string, { value: string }>;
  headers: Record<string, { value: string }>;
}

/** Runs a viewer function as CloudFront does, and notes which origin it chose. */
function view(code: string, request: Partial<ViewerRequest>) {
  let origin = 'as configured';
  const cf = {
    selectRequestOriginById(id: string) {
      origin = id;
    },
  };
  const handler = runInContext(`${code.replace("import cf from 'cloudfront';", '')}\nhandler`, createContext({ cf }));
  const result: ViewerRequest = handler({
    viewer: { ip: '198.51.100.7' },
    request: { uri: '/', querystring: {}, headers: {}, ...request },
  });
  const { 'x-chorus-viewer': viewer, 'x-chorus-host': host } = result.headers;
  return { uri: result.uri, query: result.querystring, origin, viewer: viewer?.value, host: host?.value };
}

describe('the edge', () => {
  let deployed: Deployment;
  beforeAll(() => {
    deployed = deploymentOf();
  });
  const config = () => resource(deployed.chorus, 'AWS::CloudFront::Distribution', 'Edge').Properties.DistributionConfig;
  interface Behavior {
    readonly PathPattern: string;
    readonly TargetOriginId: string;
  }

  it('sends the socket paths of all dialects to the WebSocket API, conversations to where they are streamed, and everything else to the HTTP API', () => {
    const targets = config().CacheBehaviors.map(({ PathPattern, TargetOriginId }: Behavior) => [
      PathPattern,
      TargetOriginId,
    ]);
    expect(Object.fromEntries(targets)).toEqual({
      '/live': 'sockets',
      '/sync/*': 'sockets',
      '/websocket': 'sockets',
      '/api/v2/websocket': 'sockets',
      '/yjs/*': 'sockets',
      '/api/chat': 'streams',
      '/': 'http',
    });
    expect(config().DefaultCacheBehavior.TargetOriginId).toBe('http');
  });

  it('proves itself to whatever is behind it by a secret that stands in no template', () => {
    for (const { Id, OriginCustomHeaders } of config().Origins) {
      const [{ HeaderName, HeaderValue }] = OriginCustomHeaders;
      expect({ Id, HeaderName }).toEqual({ Id, HeaderName: 'x-chorus-edge' });
      expect(flat(HeaderValue)).toMatch(/^\{\{resolve:secretsmanager:ChorusEdgeSecret\w+:SecretString:::\}\}$/);
    }
  });

  it('names the viewer on every path, whatever the viewer says of itself', () => {
    const claimed = { headers: { 'x-chorus-viewer': { value: 'somebody else' } } };
    for (const code of [pageCode, socketPathCode('socket'), rootCode('socket', 'sockets')]) {
      expect(view(code, claimed).viewer).toBe('198.51.100.7');
    }
    for (const behavior of [config().DefaultCacheBehavior, ...config().CacheBehaviors]) {
      expect(behavior.FunctionAssociations).toHaveLength(1);
    }
  });

  it('tells what host the viewer asked for, which API Gateway does not get to see', () => {
    const asked = { headers: { host: { value: 'chorus.example.com' }, 'x-chorus-host': { value: 'another' } } };
    expect(view(pageCode, asked).host).toBe('chorus.example.com');
  });

  it('speaks TLS to viewers and APIs alike, and caches nothing', () => {
    expect(config().Origins).toHaveLength(3);
    for (const { CustomOriginConfig } of config().Origins)
      expect(CustomOriginConfig.OriginProtocolPolicy).toBe('https-only');
    for (const behavior of [config().DefaultCacheBehavior, ...config().CacheBehaviors]) {
      expect(behavior.ViewerProtocolPolicy).toBe('redirect-to-https');
      expect(behavior.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad'); // CachingDisabled
    }
  });

  it('gives its address, and lets its own pages sign people in', () => {
    expect(Object.keys(deployed.chorus.findOutputs('*'))).toEqual(
      expect.arrayContaining(['HttpUrl', 'SocketUrl', 'EdgeUrl']),
    );
    const { Variables } = resource(deployed.chorus, 'AWS::Lambda::Function', 'FunctionsLight').Properties.Environment;
    expect(flat(Variables.ACCOUNT_ORIGINS)).toMatch(/^https:\/\/ChorusEdgeDistribution\w+ ChorusHttpApi\w+$/);
  });

  it('goes by a domain name of its own', () => {
    const stack = new Stack(newApp(), 'Certificates');
    const arn = 'arn:aws:acm:us-east-1:123456789012:certificate/1';
    const certificate = Certificate.fromCertificateArn(stack, 'Certificate', arn);
    const { chorus } = deploymentOf({ domainName: 'play.example.com', certificate });
    expect(resource(chorus, 'AWS::CloudFront::Distribution', 'Edge').Properties.DistributionConfig).toMatchObject({
      Aliases: ['play.example.com'],
      ViewerCertificate: { AcmCertificateArn: arn },
    });
    expect(chorus.findOutputs('EdgeUrl').EdgeUrl).toMatchObject({ Value: 'https://play.example.com' });
  });

  it('can be left out: nothing of it remains, and the HTTP API signs people in', () => {
    const { chorus } = deploymentOf({ edge: false });
    chorus.resourceCountIs('AWS::CloudFront::Distribution', 0);
    chorus.resourceCountIs('AWS::CloudFront::Function', 0);
    chorus.resourceCountIs('AWS::SecretsManager::Secret', 0);
    expect(Object.keys(chorus.findOutputs('*'))).toEqual(expect.not.arrayContaining(['EdgeUrl']));
    for (const { Properties } of Object.values(resourcesOf(chorus, 'AWS::Lambda::Function'))) {
      expect(Properties.Environment.Variables.EDGE_SECRET_ARN).toBeUndefined();
    }
    const { Variables } = resource(chorus, 'AWS::Lambda::Function', 'FunctionsLight').Properties.Environment;
    expect(flat(Variables.ACCOUNT_ORIGINS)).toMatch(/^ChorusHttpApi\w+$/);
  });
});

describe('a socket path at the edge', () => {
  const code = socketPathCode('socket');

  it('travels in the query, encoded once more, because a WebSocket API has one path only', () => {
    expect(view(code, { uri: '/sync/a%20b' })).toMatchObject({
      uri: '/socket',
      query: { path: { value: '%2Fsync%2Fa%2520b' } },
    });
  });

  it('leaves the rest of the query alone', () => {
    expect(view(code, { uri: '/live', querystring: { token: { value: 't%3D' } } }).query).toEqual({
      token: { value: 't%3D' },
      path: { value: '%2Flive' },
    });
  });

  it('gives way to a path that the client put into the query itself', () => {
    expect(view(code, { uri: '/live', querystring: { path: { value: '%2Fyjs%2Fa' } } }).query.path).toEqual({
      value: '%2Fyjs%2Fa',
    });
  });
});

describe('the root at the edge', () => {
  const code = rootCode('socket', 'sockets');

  it('is a page for a browser that looks at it', () => {
    expect(view(code, { headers: { accept: { value: 'text/html' } } })).toMatchObject({
      uri: '/',
      query: {},
      origin: 'as configured',
    });
  });

  it('is a socket path for an upgrade', () => {
    expect(view(code, { headers: { 'sec-websocket-key': { value: 'x' } } })).toMatchObject({
      uri: '/socket',
      query: { path: { value: '%2F' } },
      origin: 'sockets',
    });
  });
});
