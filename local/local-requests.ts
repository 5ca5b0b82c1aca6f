import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './gateway/body.ts';
import type { ServiceRequest, ServiceResponse } from './parts.ts';

/** The limit of the largest request to the emulated services: Lambda's 6 MB in base64. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Answers a request to the emulated services, which receive it with its complete body. Only this machine is answered,
 * because the port may be open to a whole network, and the outbox contains login codes.
 */
export async function serveHere(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: ServiceRequest) => Promise<ServiceResponse>,
): Promise<void> {
  if (!isThisMachine(request.socket.remoteAddress)) {
    response.writeHead(403, { connection: 'close' }).end();
    return;
  }
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const headers: Record<string, string> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) headers[name] = (values ?? []).join(',');
  const { status, ...answered } = await answer({
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    headers,
    body,
  });
  response.writeHead(status, answered.headers).end(answered.body);
}

/** An address of the loopback network, in either notation. */
export function isThisMachine(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address ?? '');
}
