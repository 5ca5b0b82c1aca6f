import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { MessagePort } from 'node:worker_threads';
import type { Invocation } from './protocol.ts';

/** The I/O calls of one execution environment: counted for `--chaos`, and checked when the handler has returned. */
export interface Calls {
  /** A new invocation starts; its environment ends at the I/O numbered `killAfter`. */
  begin(invocation: Invocation): void;
  /**
   * Describes what the invocation started and did not wait for; undefined if there is nothing, or another invocation
   * runs.
   */
  outstanding(invocation: Invocation): string | undefined;
}

/** Watches requests of `node:http` and `fetch`, posts over `connections`, and timers. */
export function callsOf(connections: MessagePort | undefined): Calls {
  const open = new Set<unknown>();
  let count = 0;
  let current: Invocation | undefined;
  let timersBefore = 0;

  function started(call: unknown): void {
    open.add(call);
    count += 1;
    // Ends before the request is sent: earlier requests have happened, and later ones never do. Nothing runs in this
    // thread afterwards.
    if (count === current?.killAfter) process.exit(137);
  }

  subscribe('http.client.request.created', (message) => {
    // The channel's message is documented as an object with the request.
    const { request } = message as { request: ClientRequest };
    started(request);
    request.once('close', () => open.delete(request));
  });
  subscribe('http.client.response.finish', (message) => {
    open.delete((message as { request: ClientRequest }).request);
  });
  subscribe('undici:request:create', (message) => started((message as { request: object }).request));
  for (const end of ['undici:request:trailers', 'undici:request:error']) {
    subscribe(end, (message) => open.delete((message as { request: object }).request));
  }
  if (connections !== undefined) watchPosts(connections);

  function watchPosts(port: MessagePort): void {
    const post = port.postMessage.bind(port);
    port.postMessage = (message: { n: number }) => {
      started(message.n);
      post(message);
    };
    port.on('message', (reply: { n: number }) => open.delete(reply.n));
  }

  return {
    begin(invocation) {
      count = 0;
      current = invocation;
      timersBefore = activeTimers();
    },
    outstanding(invocation) {
      if (invocation !== current) return undefined;
      const timers = activeTimers() - timersBefore;
      const parts = [
        ...(open.size > 0 ? [`${open.size} request(s) without an answer`] : []),
        ...(timers > 0 ? [`${timers} timer(s)`] : []),
      ];
      return parts.length === 0 ? undefined : parts.join(' and ');
    },
  };
}

/** Timers that would keep a process alive. */
function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
