import * as http from 'node:http';
import * as https from 'node:https';
import { AwsError } from './aws-error.ts';

/** One HTTP exchange over kept-alive sockets. Knows nothing of signatures, retries or services. */

export interface Exchange {
  readonly method: string;
  /** Path in the request line, percent-encoded. */
  readonly path: string;
  readonly headers: Record<string, string>;
  /** Node sends a string in one write with the headers, and bytes in a separate write. */
  readonly body: string;
  /** The exchange fails after this time without traffic. */
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Returns the answer, whatever its status. @throws AwsError without a status when there was no answer */
export type Transport = (operation: string, exchange: Exchange) => Promise<Answer>;

const sockets = { keepAlive: true, maxSockets: 128, maxFreeSockets: 128 };
const agents = { http: new http.Agent(sockets), https: new https.Agent(sockets) };

/** Codes of attempts that ended before a byte of the request could have been read. */
const unreached = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

export function transportTo(endpoint: URL): Transport {
  const secure = endpoint.protocol === 'https:';
  const fixed = {
    agent: secure ? agents.https : agents.http,
    // A URL has an IPv6 address in brackets, a socket takes it without.
    host: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: endpoint.port === '' ? (secure ? 443 : 80) : Number(endpoint.port),
  };
  const open = secure ? https.request : http.request;

  return (operation, { method, path, headers, body, timeoutMs }) =>
    new Promise((resolve, reject) => {
      const request = open({ ...fixed, method, path, headers, timeout: timeoutMs });
      let answering = false;
      const fail = (error: NodeJS.ErrnoException) => {
        const code = error.code ?? 'NoAnswer';
        // The service had closed the idle kept-alive socket, as usual after a Lambda function thaws.
        const closedBefore = request.reusedSocket && !answering && (code === 'ECONNRESET' || code === 'EPIPE');
        const unsent = unreached.has(code) || closedBefore;
        reject(new AwsError(operation, { code, message: error.message, unsent, cause: error }));
      };
      request.on('error', fail);
      request.on('timeout', () => {
        request.destroy(Object.assign(new Error(`no answer in ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
      });
      request.on('response', (response) => {
        answering = true;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', fail);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      });
      request.end(body);
    });
}
