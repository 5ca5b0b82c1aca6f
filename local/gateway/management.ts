import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Access, Chaos, ServiceRequest, SocketApiPart } from '../parts.ts';
import { admit } from '../service-access.ts';
import { readBody } from './body.ts';
import type { Connection } from './connection.ts';
import { textMessage } from './frames.ts';
import { isId } from './names.ts';
import { connectionArn } from './posting.ts';
import { decodePath, splitUrl } from './query.ts';
import { MAX_MESSAGE_BYTES, type Sockets } from './sockets.ts';

export interface ManagementOptions {
  readonly sockets: Sockets;
  readonly api: SocketApiPart;
  readonly access: Access;
  readonly chaos?: Chaos;
}

type Answer = { readonly status: number; readonly errorType?: string; readonly body: string };

const gone = refusal(410, 'GoneException', 'Gone');
const tooLarge = refusal(413, 'PayloadTooLargeException', 'Message too long');

/** The path of `@connections`: at the root, and below the stage as on AWS. */
const PATH = /^(?:\/[^/]+)?\/@connections\/([^/]+)$/;

export function isManagementPath(url: string): boolean {
  return PATH.test(splitUrl(url).path);
}

/** The `@connections` API over HTTP: POST, GET and DELETE, signatures and permissions checked. */
export function createManagement({ sockets, api, access, chaos }: ManagementOptions) {
  async function answer(request: IncomingMessage): Promise<Answer> {
    const method = request.method ?? '';
    const id = decodePath(PATH.exec(splitUrl(request.url ?? '').path)?.[1] ?? '');
    const body = await readBody(request, MAX_MESSAGE_BYTES);
    if (body === undefined) return tooLarge;
    const needs = [['execute-api:ManageConnections', connectionArn(api, method, id)]] as const;
    if (!admit(access, serviceRequest(request, body), needs).ok) return refusal(403, 'ForbiddenException', 'Forbidden');
    if (!isId(id)) return refusal(400, 'BadRequestException', 'Invalid connectionId');
    if (chaos !== undefined) await delay(chaos.delayMs());
    const connection = sockets.find(id);
    if (connection === undefined) return gone;
    if (method === 'POST') return posted(connection.post(textMessage(body.toString())));
    if (method === 'GET') return { status: 200, body: describe(connection) };
    if (method === 'DELETE') {
      connection.close(1000, 'Connection Closed Normally');
      return { status: 204, body: '' };
    }
    return refusal(403, 'ForbiddenException', 'Forbidden');
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, errorType, body } = await answer(request);
    response.writeHead(status, {
      ...(errorType === undefined ? {} : { 'x-amzn-errortype': errorType }),
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
    });
    response.end(body);
  };
}

function posted(result: ReturnType<Connection['post']>): Answer {
  if (result === 'gone') return gone;
  if (result === 'slow') return refusal(429, 'LimitExceededException', 'The client reads too slowly');
  return { status: 200, body: '' };
}

function refusal(status: number, errorType: string, message: string): Answer {
  return { status, errorType, body: JSON.stringify({ message }) };
}

function describe(connection: Connection): string {
  const { connectedAt, identity } = connection.facts;
  return JSON.stringify({
    connectedAt: new Date(connectedAt).toISOString(),
    identity,
    lastActiveAt: new Date(connection.lastActiveAt()).toISOString(),
  });
}

function serviceRequest(request: IncomingMessage, body: Buffer): ServiceRequest {
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) headers[name] = (values ?? []).join(',');
  return { method: request.method ?? '', url: request.url ?? '', headers, body };
}
