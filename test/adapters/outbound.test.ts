import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { createOutbound } from '../../functions/adapters/outbound.ts';
import { resolveBy } from '../../functions/adapters/resolver.ts';
import { createRuntime } from '../../functions/adapters/runtime.ts';
import { type NameServer, startNameServer } from '../support/name-server.ts';
import { type Service, startService } from '../support/service.ts';
import { outboundSuite } from '../support/suites/outbound-suite.ts';

const limits = { timeoutMs: 5_000, maxBytes: 1_000 };
const opened: NameServer[] = [];
const isOf = (type: 'A' | 'AAAA') => (address: string) => address.includes(':') === (type === 'AAAA');
afterAll(() => {
  for (const server of opened) server.close();
});

outboundSuite('the guarded requests', async ({ allowHosts = [], names = {} } = {}) => {
  const server = await startNameServer((name, type) => (names[name] ?? []).filter(isOf(type)));
  opened.push(server);
  return createOutbound({ resolve: resolveBy(server.address), allowHosts: new Set(allowHosts) });
});

describe('a name that means something else a moment later', () => {
  let host: Service | undefined;
  afterEach(() => host?.close());

  it('is asked for once a request: what was checked is what is connected to', async () => {
    host = await startService(() => ({ body: 'here' }));
    const server = await startNameServer((_, type, count) =>
      type === 'A' ? [count === 0 ? '127.0.0.1' : '127.9.9.9'] : [],
    );
    opened.push(server);
    const name = `rebound.example:${host.endpoint.port}`;
    const settings = { DNS_SERVERS: server.address, OUTBOUND_ALLOW_HOSTS: `other.example:1, ${name}` };
    const { outbound } = createRuntime(settings, () => null);
    expect((await outbound.send({ url: `http://${name}/`, ...limits })).status).toBe(200);
    expect([...server.asked].sort()).toEqual(['A rebound.example', 'AAAA rebound.example']);
  });

  it('and something private at that, is refused then, although it was public when it was checked', async () => {
    const server = await startNameServer((_, type, count) =>
      type === 'A' ? [count === 0 ? '1.1.1.1' : '10.0.0.1'] : [],
    );
    opened.push(server);
    const { outbound } = createRuntime({ DNS_SERVERS: server.address }, () => null);
    await outbound.check('https://rebound.example/');
    const sending = outbound.send({ url: 'https://rebound.example/', ...limits });
    await expect(sending).rejects.toMatchObject({ code: 'unacceptable_url' });
  });
});
