import type { IncomingMessage } from 'node:http';
import { createContext, runInContext } from 'node:vm';
import type { EdgePart } from '../parts.ts';
import { isObject, objectOf } from '../template/json.ts';
import { splitUrl } from './query.ts';

/** The edge's result for an upgrade: the query that reaches the gateway, or its own answer. */
export type Viewed = { readonly query: string } | { readonly status: number };

export type ViewSocket = (request: IncomingMessage) => Viewed;

/**
 * The edge's viewer-request functions (CloudFront Functions), run on every upgrade. On AWS they pass the path of a
 * socket's URL to the handler. The function of the default behaviour is for pages. Of the others, the behaviour that
 * matches the path decides. If none matches, the first one runs, because every path here is a socket's. Without an
 * edge, the path is put into the query in the same way.
 * @throws Error for a function that does not load
 */
export function createSocketView(edge: Pick<EdgePart, 'viewerFunctions'> | undefined): ViewSocket {
  const ofSockets = (edge?.viewerFunctions ?? []).filter(({ pathPattern }) => pathPattern !== '*');
  const functions = ofSockets.map(({ pathPattern, code }) => ({
    matches: patternOf(pathPattern),
    run: load(code),
  }));
  return (request) => {
    const { path, query } = splitUrl(request.url ?? '/');
    const chosen = functions.find(({ matches }) => matches.test(path)) ?? functions[0];
    if (chosen === undefined) {
      const known = new URLSearchParams(query).has('path');
      return { query: known ? query : [query, `path=${encodeURIComponent(path)}`].filter(Boolean).join('&') };
    }
    return viewedBy(
      chosen.run({
        version: '1.0',
        context: {},
        viewer: { ip: request.socket.remoteAddress },
        request: viewerRequest(request, path, query),
      }),
    );
  };
}

type ViewerFunction = (event: unknown) => unknown;

function load(code: string): ViewerFunction {
  // A stub for the module that chooses origins: here this gateway is the only one.
  const cf = { selectRequestOriginById() {}, updateRequestOrigin() {} };
  const script = code.replace(/^\s*import\s+cf\s+from\s+'cloudfront';?/m, '');
  const handler: unknown = runInContext(`${script}\nhandler`, createContext({ cf, console }));
  if (typeof handler !== 'function') throw new Error('A viewer function of the edge defines no function handler.');
  return (event) => handler(event);
}

/** A path pattern of the edge: `*` is any text, `?` one character. */
export function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^/?${source.replace(/^\//, '')}$`);
}

/** CloudFront's format: query values as sent, header names in lower case. */
function viewerRequest(request: IncomingMessage, path: string, query: string) {
  const querystring: Record<string, { value: string; multiValue?: { value: string }[] }> = {};
  for (const pair of query.split('&').filter((each) => each !== '')) {
    const [name = '', value = ''] = pair.split(/=(.*)/s);
    const known = querystring[name];
    if (known === undefined) querystring[name] = { value };
    else known.multiValue = [...(known.multiValue ?? [{ value: known.value }]), { value }];
  }
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, { value: (values ?? []).join(',') }]),
  );
  return { method: request.method, uri: path, querystring, headers, cookies: {} };
}

function viewedBy(result: unknown): Viewed {
  const { statusCode, querystring } = objectOf(result);
  if (typeof statusCode === 'number') return { status: statusCode };
  const pairs = Object.entries(isObject(querystring) ? querystring : {}).flatMap(([name, entry]) => {
    const { value, multiValue } = objectOf(entry);
    const values = Array.isArray(multiValue) ? multiValue.map((each) => objectOf(each).value) : [value];
    return values.map((each) => `${name}=${String(each)}`);
  });
  return { query: pairs.join('&') };
}
