import type { IncomingMessage } from 'node:http';
import { isTrue, type JsonObject, listOf, numberOr } from '../template/json.ts';
import type { HttpAnswer } from './http-answer.ts';

/**
 * CORS of an HTTP API whose template configures it. The gateway then answers preflights itself and drops the CORS
 * headers of handlers. Without a configuration it does neither.
 */
export interface Cors {
  /** The answer to a preflight; undefined for all other requests. */
  preflight(request: IncomingMessage): HttpAnswer | undefined;
  /** The answer with the gateway's headers instead of the handler's. */
  dress(request: IncomingMessage, answer: HttpAnswer): HttpAnswer;
}

export const noCors: Cors = { preflight: () => undefined, dress: (_request, answer) => answer };

export function createCors(configuration: JsonObject): Cors {
  const list = (name: string) => listOf(configuration[name]).map(String);
  const origins = list('AllowOrigins');
  const credentials = isTrue(configuration.AllowCredentials);
  const joined = (name: string, header: string) => {
    const values = list(name);
    return values.length === 0 ? {} : { [header]: values.join(',') };
  };

  function shared(origin: string | undefined): Record<string, string> | undefined {
    if (origin === undefined || !origins.some((pattern) => allows(pattern, origin))) return undefined;
    return {
      'access-control-allow-origin': origins.includes('*') ? '*' : origin,
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
    };
  }

  return {
    preflight(request) {
      const { origin } = request.headers;
      const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'];
      if (!isPreflight || origin === undefined) return undefined;
      const allowed = shared(origin);
      if (allowed === undefined) return { status: 204, headers: {}, body: '' };
      const headers = {
        ...allowed,
        ...joined('AllowMethods', 'access-control-allow-methods'),
        ...joined('AllowHeaders', 'access-control-allow-headers'),
        ...(configuration.MaxAge === undefined
          ? {}
          : { 'access-control-max-age': String(numberOr(configuration.MaxAge, 0)) }),
      };
      return { status: 204, headers, body: '' };
    },
    dress(request, answer) {
      const own = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
      const allowed = shared(request.headers.origin);
      const added =
        allowed === undefined ? {} : { ...allowed, ...joined('ExposeHeaders', 'access-control-expose-headers') };
      return { ...answer, headers: { ...Object.fromEntries(own), ...added } };
    },
  };
}

/** `*`, an origin, or all origins of a scheme: `https://*`. */
function allows(pattern: string, origin: string): boolean {
  if (pattern === '*' || pattern.toLowerCase() === origin.toLowerCase()) return true;
  return pattern.endsWith('://*') && origin.toLowerCase().startsWith(pattern.slice(0, -1).toLowerCase());
}
