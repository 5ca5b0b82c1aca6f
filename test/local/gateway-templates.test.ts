import { describe, expect, it } from '@jest/globals';
import { compileTemplate } from '../../local/gateway/request-template.ts';
import { queueTemplate } from '../../local/gateway/to-queue.ts';
import { createSocketView } from '../../local/gateway/viewer-function.ts';

describe('a request template', () => {
  it('fills its holes', () => {
    const render = compileTemplate(
      'a=$util.urlEncode($context.identity.ip)&b=$util.urlEncode($util.urlEncode($input.body))',
    );
    expect(render({ context: { identity: { ip: '::1' } }, body: 'x y' })).toBe('a=%3A%3A1&b=x%2By');
  });

  it('leaves a name empty that the event does not have', () => {
    const render = compileTemplate('a=$util.urlEncode($context.messageId)&b=$util.urlEncode($context.a.b)');
    expect(render({ context: {}, body: '' })).toBe('a=&b=');
  });

  it.each(['it’s (fine) ~ * ! &=+%', 'a b\r\n\t', '漢字 😀 \u2028', '$context.x #set($a = 1) ##', '\\"'])(
    'brings %j through a form and back',
    (body) => {
      const render = compileTemplate('body=$util.urlEncode($input.body)');
      expect(new URLSearchParams(render({ context: {}, body })).get('body')).toBe(body);
    },
  );

  it.each([
    '#set($a = 1)',
    'a=$util.escapeJavaScript($input.body)',
    "a=$input.json('$')",
    'a=$util.urlEncode($input.body',
    'a=$stageVariables.x',
    'a=$util.urlEncode(x)',
    'costs $',
  ])('with %j in it is refused when it is read', (template) => {
    expect(() => compileTemplate(template)).toThrow('cannot evaluate');
  });

  it('for a queue must make a message', () => {
    expect(() => queueTemplate('Action=DeleteMessage&MessageBody=x')).toThrow('SendMessage');
    const toMessage = queueTemplate(
      'Action=SendMessage&MessageBody=$util.urlEncode($input.body)&MessageAttribute.1.Name=a&MessageAttribute.1.Value.StringValue=1&MessageAttribute.2.Name=b&MessageAttribute.2.Value.StringValue=2',
    );
    expect(toMessage({ context: {}, body: 'hi' })).toEqual({ body: 'hi', attributes: { a: '1', b: '2' } });
  });
});

describe('the edge’s function', () => {
  const code = `function handler(event) {
    const request = event.request;
    if (!request.querystring.path) request.querystring.path = { value: encodeURIComponent(request.uri) };
    request.uri = '/socket';
    return request;
  }`;
  const withCf = `import cf from 'cloudfront';
function handler(event) {
  if (!event.request.headers['sec-websocket-key']) return event.request;
  cf.selectRequestOriginById('sockets');
  event.request.querystring.root = { value: 'yes' };
  return event.request;
}`;
  const edge = {
    viewerFunctions: [
      { pathPattern: '/live', code },
      { pathPattern: '/sync/*', code },
      { pathPattern: '/', code: withCf },
      { pathPattern: '/closed', code: 'const handler = () => ({ statusCode: 403 })' },
    ],
  };
  const upgrade = (url: string) =>
    ({ url, method: 'GET', headersDistinct: { 'sec-websocket-key': ['x'] }, socket: {} }) as never;

  it.each([
    ['puts the path into the query', '/sync/a%20b', 'path=%2Fsync%2Fa%2520b'],
    [
      'passes the rest of the query through as it is',
      '/live?b=%26&a=1&a=2&empty=',
      'b=%26&a=1&a=2&empty=&path=%2Flive',
    ],
    ['leaves a path that the client gave', '/live?path=/x', 'path=/x'],
    ['is the one whose pattern fits', '/', 'root=yes'],
    ['is the first one where none fits: any path is a socket’s here', '/my/own', 'path=%2Fmy%2Fown'],
  ])('%s', (_what, url, query) => {
    expect(createSocketView(edge)(upgrade(url))).toEqual({ query });
  });

  it('of the default behaviour is for pages, and touches no socket', () => {
    const pages = { pathPattern: '*', code: 'const handler = () => ({ statusCode: 500 })' };
    expect(createSocketView({ viewerFunctions: [pages] })(upgrade('/live'))).toEqual({ query: 'path=%2Flive' });
  });

  it('may answer by itself', () => {
    expect(createSocketView(edge)(upgrade('/closed'))).toEqual({ status: 403 });
  });

  it('is not needed: without an edge the path is put into the query all the same', () => {
    const view = createSocketView(undefined);
    expect(view(upgrade('/live?a=1'))).toEqual({ query: 'a=1&path=%2Flive' });
    expect(view(upgrade('/live?path=%2Fx'))).toEqual({ query: 'path=%2Fx' });
  });

  it('that does not load is an error at start', () => {
    const broken = (text: string) => () =>
      createSocketView({ viewerFunctions: [{ pathPattern: '/live', code: text }] });
    expect(broken('const handler = 1')).toThrow('no function handler');
    expect(broken('function {')).toThrow();
  });
});
