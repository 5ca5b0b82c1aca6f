import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Outcome } from '../parts.ts';
import { isObject, objectOf } from '../template/json.ts';

/** The result of `$connect` for an upgrade. */
export type Verdict =
  | { readonly accepted: true; readonly protocol?: string }
  | { readonly accepted: false; readonly status: number };

/** `undefined` is an outcome that did not arrive in time. */
export function verdictOf(outcome: Outcome | undefined): Verdict {
  if (outcome === undefined) return { accepted: false, status: 504 };
  const status = outcome.ok && isObject(outcome.payload) ? outcome.payload.statusCode : undefined;
  if (!outcome.ok || typeof status !== 'number' || !Number.isInteger(status)) return { accepted: false, status: 502 };
  if (status < 200 || status > 299) return { accepted: false, status };
  const protocol = Object.entries(objectOf(objectOf(outcome.payload).headers)).find(
    ([name]) => name.toLowerCase() === 'sec-websocket-protocol',
  )?.[1];
  return typeof protocol === 'string' ? { accepted: true, protocol } : { accepted: true };
}

/** Whether a request is a valid WebSocket handshake; otherwise no function runs. */
export function isHandshake({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
    headers['sec-websocket-version'] === '13' &&
    /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+\s*(,\s*|$))*$/.test(headers['sec-websocket-protocol'] ?? '')
  );
}

/** Answers an upgrade with a plain HTTP status, and closes the socket. */
export function refuse(socket: Duplex, status: number): void {
  if (!socket.writable) return;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
