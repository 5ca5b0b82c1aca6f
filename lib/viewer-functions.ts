import { edgeHeaders } from '../functions/core/env.ts';

/**
 * The edge's own code: CloudFront Functions, JavaScript runtime 2.0. A WebSocket API knows one path only, `/<stage>`, so
 * the path a client asked for travels as `path` in the query. Uri and query values are as sent, that is encoded, hence one
 * more encoding. A client may name the path itself where its URL cannot: what stands in the query stays.
 */
const toSockets = (stage: string): string => `function toSockets(request) {
  if (!request.querystring.path) request.querystring.path = { value: encodeURIComponent(request.uri) };
  request.uri = '/${stage}';
  return request;
}`;

/** Tells the functions who is asking, in our own words: what CloudFront's policies pass on differs from one to the next. */
const withViewer = `function withViewer(event) {
  var request = event.request;
  request.headers['${edgeHeaders.viewer}'] = { value: event.viewer.ip };
  if (request.headers.host) request.headers['${edgeHeaders.host}'] = { value: request.headers.host.value };
  return request;
}
`;

/** For pages and requests. */
export const pageCode = `${withViewer}
function handler(event) {
  return withViewer(event);
}
`;

/** For paths that only sockets use. */
export function socketPathCode(stage: string): string {
  return `${withViewer}${toSockets(stage)}
function handler(event) {
  return toSockets(withViewer(event));
}
`;
}

/**
 * For `/`, which is a page and a socket path. An upgrade is sent to the origin `socketOrigin`; it is known by the key
 * that every handshake carries, for viewer functions do not get to see the header Upgrade.
 */
export function rootCode(stage: string, socketOrigin: string): string {
  return `import cf from 'cloudfront';
${withViewer}${toSockets(stage)}
function handler(event) {
  var request = withViewer(event);
  if (!request.headers['sec-websocket-key']) return request;
  cf.selectRequestOriginById('${socketOrigin}');
  return toSockets(request);
}
`;
}
