import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createWorkerGateway, type PostRequest } from '../../functions/adapters/connections-worker.ts';
import { branded } from '../../functions/core/branded.ts';
import type { ConnectionId } from '../../functions/core/names.ts';
import { Peers } from '../support/peers.ts';
import { gatewaySuite } from '../support/suites/gateway-suite.ts';

/** The far end of the port, answering as the runtime does that holds the sockets. */
function channel(answer: (request: PostRequest) => { gone: string[]; failed: string[] } | undefined) {
  const { port1, port2 } = new MessageChannel();
  const requests: PostRequest[] = [];
  port1.on('message', (request: PostRequest) => {
    requests.push(request);
    const reply = answer(request);
    if (reply) port1.postMessage({ n: request.n, ...reply });
  });
  return { gateway: createWorkerGateway(port2), requests, stop: async () => port1.close() };
}

gatewaySuite('a port of this process', async () => {
  const peers = new Peers();
  const { gateway, stop } = channel(({ op, to, frame }) => ({
    gone: to.filter((id) => !(op === 'post' ? peers.deliver(id, frame) : peers.close(id))),
    failed: [],
  }));
  return { gateway, open: async () => peers.open(), stop };
});

describe('the port', () => {
  const [a, b] = [branded<ConnectionId>('a'), branded<ConnectionId>('b')];
  let stop = async () => {};
  afterEach(() => stop());

  it('carries one message per broadcast, and the close code', async () => {
    const far = channel(() => ({ gone: [], failed: ['b', 'stranger'] }));
    stop = far.stop;
    expect(await far.gateway.post([a, b], 'x')).toEqual({ gone: [], failed: ['b'] });
    await far.gateway.close(a, 'signedOut');
    expect(far.requests).toEqual([
      { n: 1, op: 'post', to: ['a', 'b'], frame: 'x' },
      { n: 2, op: 'close', to: ['a'], frame: '', code: 4401, reason: 'Unauthorized' },
    ]);
  });

  it('that closes fails what waits for an answer, and everything after', async () => {
    const far = channel(() => void far.stop());
    await expect(far.gateway.post([a], 'x')).rejects.toThrow('closed');
    await expect(far.gateway.post([a], 'x')).rejects.toThrow('closed');
  });
});
