import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const fireworksKey = 'fw_0123456789abcdef';

/** One answer to "is it there?"; a number is a status without one, `silent` a connection that breaks, `hanging` one on which nothing comes. */
export type Result = Readonly<Record<string, unknown>> | number | 'silent' | 'hanging';

export type FakeFireworks = Awaited<ReturnType<typeof startFakeFireworks>>;

/** A stored picture: a JPEG, unless a test says otherwise. */
interface Picture {
  readonly status?: number;
  /** Its content type. */
  readonly type?: string;
  readonly body: Buffer;
}

/** A small Fireworks, over HTTP. It gives the answers that a test has queued; without any, the image is pending. */
export async function startFakeFireworks() {
  const submitted: { readonly headers: IncomingMessage['headers']; readonly body: Record<string, unknown> }[] = [];
  const polled: unknown[] = [];
  const results: Result[] = [];
  const state = { refusal: undefined as { status: number; body: string } | undefined };
  const pictures = new Map<string, Picture>();
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const picture = pictures.get(request.url ?? '');
    if (request.url === '/hanging') return;
    if (request.method === 'GET') {
      const { status = 404, type = 'image/jpeg', body: bytes } = picture ?? {};
      return void response.writeHead(status, { 'content-type': type }).end(bytes);
    }
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const body = JSON.parse(text);
    const say = (status: number, value: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.headers.authorization !== `Bearer ${fireworksKey}`) return say(401, { error: 'Unauthorized' });
    if (request.url === '/v1/workflows/accounts/fireworks/models/flux-kontext-pro') {
      submitted.push({ headers: request.headers, body });
      if (state.refusal) return void response.writeHead(state.refusal.status).end(state.refusal.body);
      return say(200, { request_id: `request-${submitted.length}` });
    }
    if (request.url !== '/v1/workflows/accounts/fireworks/models/flux-kontext-pro/get_result') return say(404, {});
    polled.push(body);
    const result = results.shift() ?? { id: body.id, status: 'Pending', result: null };
    if (result === 'hanging') return;
    if (result === 'silent') response.destroy();
    else if (typeof result === 'number') response.writeHead(result).end('<html>');
    else say(200, { id: body.id, ...result });
  }

  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://localhost:${port}/v1`,
    /** The host of the pictures. */
    host: `127.0.0.1:${port}`,
    submitted,
    polled,
    state,
    /** The URL of a picture that never arrives. */
    hangingPicture: () => `http://127.0.0.1:${port}/hanging`,
    /** Queues its next answers. */
    next: (...more: readonly Result[]) => void results.push(...more),
    /** Stores a picture for download. @returns its URL */
    picture(path: `/${string}`, body: Buffer, about: Omit<Picture, 'body'> = {}): string {
      pictures.set(path, { status: 200, ...about, body });
      return `http://127.0.0.1:${port}${path}`;
    },
    forget() {
      submitted.length = 0;
      polled.length = 0;
      results.length = 0;
      state.refusal = undefined;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
