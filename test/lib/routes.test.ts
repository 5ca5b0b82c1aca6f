import { beforeAll, describe, expect, it } from '@jest/globals';
import { laneEvent } from '../../functions/connections/socket-event.ts';
import { protocol } from '../../functions/protocol.ts';
import { disconnectTemplate, frameTemplate } from '../../lib/lane-template.ts';
import { queueTemplate } from '../../local/gateway/to-queue.ts';
import { type Deployment, deploymentOf, flat, resource, resourcesOf } from './deployment.ts';

let deployed: Deployment;
beforeAll(() => {
  deployed = deploymentOf();
});

interface Declared {
  readonly http?: { readonly method: string; readonly path: string };
  readonly socket?: { readonly type: string; readonly ordered?: boolean; readonly runsIn?: string };
  readonly procedure?: { readonly name: string };
  readonly runsIn?: string;
}

const operations = Object.values(protocol).flatMap(({ operations }) => Object.values<Declared>(operations));

/** Route keys of an API, each with the type of what it leads to. */
function routesOf(protocolType: 'HTTP' | 'WEBSOCKET'): Record<string, string> {
  const apis = resourcesOf(deployed.chorus, 'AWS::ApiGatewayV2::Api');
  const integrations = resourcesOf(deployed.chorus, 'AWS::ApiGatewayV2::Integration');
  const routes = Object.values(resourcesOf(deployed.chorus, 'AWS::ApiGatewayV2::Route')).filter(
    ({ Properties }) => apis[Properties.ApiId.Ref]?.Properties.ProtocolType === protocolType,
  );
  return Object.fromEntries(
    routes.map(({ Properties: { RouteKey, Target } }) => {
      const integration = integrations[flat(Target).replace('integrations/', '')];
      return [RouteKey, flat(integration?.Properties.IntegrationUri)];
    }),
  );
}

describe('the WebSocket API', () => {
  it('has a route for each type that is ordered or has a function of its own, and no other but the three of every WebSocket API', () => {
    const ordered = operations.flatMap(({ socket }) => (socket?.ordered || socket?.runsIn ? [socket.type] : []));
    expect(Object.keys(routesOf('WEBSOCKET')).sort()).toEqual(
      [...new Set(['$connect', '$default', '$disconnect', ...ordered])].sort(),
    );
  });

  it('sends what is ordered into the lane, disconnects behind it, and everything else to the functions', () => {
    const { $connect, $default, ...others } = routesOf('WEBSOCKET');
    const isOfStore = ([type]: [string, unknown]) =>
      operations.some(({ socket }) => socket?.type === type && socket.runsIn === 'store');
    const ofStore = Object.entries(others).filter(isOfStore);
    expect(ofStore.length).toBeGreaterThan(20);
    for (const [, target] of ofStore) expect(target).toContain('FunctionsStore');
    expect($connect).toContain('FunctionsSockets');
    expect($default).toContain('FunctionsSockets');
    const rest = Object.entries(others).filter((one) => !isOfStore(one));
    for (const [, target] of rest) expect(target).toMatch(/sqs:path.*Lane/);
  });

  it('may invoke the function of the store for every type that it sends there', () => {
    const permissions = Object.values(resourcesOf(deployed.chorus, 'AWS::Lambda::Permission')).map(
      ({ Properties }) => Properties,
    );
    const families = permissions
      .filter(({ FunctionName }) => flat(FunctionName).includes('FunctionsStore'))
      .map(({ SourceArn }) => /\/\*\/(\w+)\.\*$/.exec(flat(SourceArn))?.[1]);
    const types = operations.flatMap(({ socket }) => (socket?.runsIn ? [socket.type] : []));
    expect(types.filter((type) => !families.includes(type.split('.', 1)[0]))).toEqual([]);
  });

  it('chooses routes by the type of a frame', () => {
    deployed.chorus.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: '$request.body.type',
    });
  });

  it('lets the gateway put messages into the lane and do nothing else', () => {
    const { PolicyDocument } = resource(deployed.chorus, 'AWS::IAM::Policy', 'GatewayRole').Properties;
    expect(PolicyDocument.Statement).toEqual([expect.objectContaining({ Effect: 'Allow', Action: 'sqs:SendMessage' })]);
    expect(flat(PolicyDocument.Statement[0].Resource)).toContain('LaneFifoQueue');
  });
});

describe('the HTTP API', () => {
  it('has a route for each operation with a function of its own or variables in its path, and $default for the rest', () => {
    const exact = operations.flatMap(({ http, runsIn = 'http' }) =>
      http === undefined || (runsIn === 'http' && !http.path.includes('{')) ? [] : [`${http.method} ${http.path}`],
    );
    const { $default, ...others } = routesOf('HTTP');
    expect($default).toContain('FunctionsLight');
    expect(Object.keys(others).sort()).toEqual(exact.sort());
  });

  it('leads each operation to the function it lives in', () => {
    const routes = routesOf('HTTP');
    for (const { http, runsIn } of operations) {
      if (http === undefined || runsIn === undefined) continue;
      const target = new RegExp(`Functions${runsIn}Function`, 'i');
      expect(routes[`${http.method} ${http.path}`]).toMatch(target);
    }
    expect(operations.filter(({ runsIn }) => runsIn !== undefined)).not.toEqual([]);
  });

  it('leaves CORS to the functions', () => {
    for (const { Properties } of Object.values(resourcesOf(deployed.chorus, 'AWS::ApiGatewayV2::Api'))) {
      expect(Properties.CorsConfiguration).toBeUndefined();
    }
  });

  it('logs requests without their query or headers', () => {
    const { AccessLogSettings } = resource(deployed.chorus, 'AWS::ApiGatewayV2::Stage', 'HttpApi').Properties;
    expect(AccessLogSettings.Format).toContain('$context.path');
    expect(AccessLogSettings.Format).not.toMatch(/query|header|authoriz/i);
  });
});

describe('a frame in the lane', () => {
  const context = {
    connectionId: 'L0SM9cOFvHcCIhw=',
    requestId: 'a+b/c=&d',
    routeKey: 'send_chat',
    eventType: 'MESSAGE',
    stage: 'socket',
    domainName: 'example.com',
    apiId: 'abc',
    requestTimeEpoch: 1_700_000_000_123,
    connectedAt: 1_700_000_000_000,
    identity: { sourceIp: '2001:db8::1' },
    messageId: 'm=',
  };
  const received = (template: string, body: string) => {
    const message = queueTemplate(template)({ context, body });
    const attribute = { stringValue: message.attributes?.context };
    return {
      message,
      event: laneEvent({
        messageId: 'sqs-1',
        body: message.body,
        attributes: { ApproximateReceiveCount: '2', SentTimestamp: '1' },
        messageAttributes: { context: attribute },
      }),
    };
  };

  it.each([
    ['quotes and signs', '{"type":"send_chat","message":"a \\"b\\" & c + d % e = f \\\\ g"}'],
    ['what looks like a template', '{"a":"$context.x $util.urlEncode(1) #set($a=1) ## #end"}'],
    ['other scripts, emoji and line separators', '{"a":"你好 👩‍👩‍👧 \u2028 é"}'],
    ['white space', '{\r\n\t"a": " b "\n}'],
  ])('arrives as it was sent: %s', (_, body) => {
    expect(received(frameTemplate, body).event.body).toBe(body);
  });

  it('says who sent it and when, and is grouped by connection and told from its repeats by request', () => {
    const { message, event } = received(frameTemplate, '{}');
    expect(message).toMatchObject({ groupId: context.connectionId, deduplicationId: context.requestId });
    expect(event).toMatchObject({
      kind: 'MESSAGE',
      connectionId: context.connectionId,
      frame: { requestId: context.requestId, at: context.requestTimeEpoch, attempt: 2 },
    });
  });

  it('is told from a disconnect, which has no body and no message id', () => {
    const { event } = received(disconnectTemplate, '');
    expect(event.connectionId).toBe(context.connectionId);
    expect(disconnectTemplate).not.toContain('messageId');
    expect(event.body).toBe('-');
  });
});
