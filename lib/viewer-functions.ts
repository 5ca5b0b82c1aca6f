import { edgeHeaders } from '../functions/core/env.ts';

/**
 * The edge's own code: CloudFront Functions, JavaScript runtime 2.0. A WebSocket API has only one path, `/<stage>`, so
 * the requested path is passed as `path` in the query. URI and query values are as sent, that is encoded, so the path
 * is encoded once more. A `path` that a client already has in its query stays.
 */
const toSockets = (stage: string): string => `function toSockets(request) {
  if (!request.querystring.path) request.querystring.path = { value: encodeURIComponent(request.uri) };
  request.uri = '/${stage}';
  return request;
}`;

/** Adds the client's address and host in headers of our own, because what CloudFront passes on differs by policy. */
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
 * For `/`, which is a page and a socket path. Upgrades go to the origin `socketOrigin`. They are recognized by the key
 * that every handshake has, because viewer functions do not get the header Upgrade.
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
