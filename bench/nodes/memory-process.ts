import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The plainest server of nodes: a Map in one process, nothing checked, nothing stored. Long polls wait in the process
 * itself.
 */

interface Node {
  readonly key: string;
  readonly version: number;
  readonly hash: string;
}

const nodes = new Map<string, Node>();
const waiting = new Set<() => void>();
let version = 0;

const server = createServer(async (request, response) => {
  const body = await bodyOf(request);
  const answer = request.url === '/reality/update' ? update(body) : await sync(body);
  response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
});

function update({ key = '', hash = '' }: Body): Node {
  version += 1;
  const node = { key, version, hash };
  nodes.set(key, node);
  for (const wake of waiting) wake();
  return node;
}

async function sync({ known = {}, wait = 0 }: Body): Promise<object> {
  const end = Date.now() + wait;
  for (;;) {
    const changed = Object.entries(known).filter(([key, at]) => (nodes.get(key)?.version ?? 0) !== at);
    if (changed.length > 0 || Date.now() >= end) {
      return { changed: Object.fromEntries(changed.map(([key]) => [key, nodes.get(key)])), serverVersion: version };
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(resolve);
    const timer = setTimeout(resolve, end - Date.now());
    await promise;
    clearTimeout(timer);
    waiting.delete(resolve);
  }
}

interface Body {
  readonly key?: string;
  readonly hash?: string;
  readonly known?: Readonly<Record<string, number>>;
  readonly wait?: number;
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const part of request) text += part;
  return JSON.parse(text); // only the benchmark asks
}

process.once('message', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
server.listen(0);
await once(server, 'listening');
const { port } = server.address() as AddressInfo; // it listens on a port
process.send?.(`ws://localhost:${port}/live`);
