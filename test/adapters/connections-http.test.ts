import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttpGateway } from '../../functions/adapters/connections-http.ts';
import { createLog } from '../../functions/adapters/log.ts';
import { branded } from '../../functions/core/branded.ts';
import type { ConnectionId } from '../../functions/core/names.ts';
import type { ServiceRequest } from '../../local/parts.ts';
import { verifyHeaderSignature } from '../../local/sigv4.ts';
import { Peers } from '../support/peers.ts';
import { accessKey, type Reaction, type Service, startService } from '../support/service.ts';
import { gatewaySuite } from '../support/suites/gateway-suite.ts';

async function start(react: (request: ServiceRequest, id: string) => Reaction) {
  const lines: string[] = [];
  const service = await startService((request) => {
    const [, id = ''] = /^\/prod\/@connections\/([^/]+)$/.exec(request.url) ?? [];
    return react(request, decodeURIComponent(id));
  });
  const client = service.client({ service: 'execute-api', endpoint: new URL('/prod', service.endpoint) });
  return {
    service,
    lines,
    gateway: createHttpGateway(
      client,
      createLog((line) => lines.push(line)),
    ),
  };
}

gatewaySuite('@connections', async () => {
  const peers = new Peers();
  const { service, gateway } = await start((request, id) => {
    const signed = verifyHeaderSignature(request, (key) =>
      key === accessKey.accessKeyId ? accessKey.secretAccessKey : undefined,
    );
    if (!signed.ok) return { status: 403, body: { message: 'Forbidden' } };
    const found = request.method === 'POST' ? peers.deliver(id, request.body.toString()) : peers.close(id);
    if (found) return { status: request.method === 'POST' ? 200 : 204 };
    return { status: 410, headers: { 'x-amzn-errortype': 'GoneException' } };
  });
  return { gateway, open: async () => peers.open(), stop: () => service.close() };
});

describe('a post that does not go through', () => {
  let service: Service;
  afterEach(() => service.close());
  const id = (name: string) => branded<ConnectionId>(name);
  const answering = async (react: (id: string, attempt: number) => Reaction) => {
    const attempts = new Map<string, number>();
    const started = await start((_request, to) => {
      attempts.set(to, (attempts.get(to) ?? -1) + 1);
      return react(to, attempts.get(to) ?? 0);
    });
    service = started.service;
    return started;
  };

  it.each([
    ['throttling', { status: 429, headers: { 'x-amzn-errortype': 'LimitExceededException' } }],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
  ])('is tried again after %s', async (_what, reaction) => {
    const { gateway } = await answering((_id, attempt) => (attempt === 0 ? reaction : { status: 200 }));
    expect(await gateway.post([id('a'), id('b')], 'x')).toEqual({ gone: [], failed: [] });
    expect(service.requests).toHaveLength(4);
  });

  it('has failed after a few tries, which says nothing of the others', async () => {
    const { gateway, lines } = await answering((to) => ({ status: to === 'slow' ? 429 : 200 }));
    expect(await gateway.post([id('a'), id('slow')], 'x')).toEqual({ gone: [], failed: ['slow'], slow: ['slow'] });
    expect(service.requests).toHaveLength(5);
    expect(lines).toEqual([]);
  });

  it('is not tried again when it may have arrived', async () => {
    const { gateway } = await answering((_id, attempt) => (attempt === 0 ? 'drop' : { status: 200 }));
    expect(await gateway.post([id('a')], 'x')).toEqual({ gone: [], failed: ['a'] });
    expect(service.requests).toHaveLength(1);
  });

  it.each([
    [413, 'PayloadTooLargeException'],
    [403, 'ForbiddenException'],
    [400, 'BadRequestException'],
  ])('with %i is our fault: not tried again, and logged once per broadcast', async (status, type) => {
    const { gateway, lines } = await answering(() => ({ status, headers: { 'x-amzn-errortype': type } }));
    expect(await gateway.post([id('a'), id('b')], 'xyz')).toEqual({ gone: [], failed: ['a', 'b'] });
    expect(service.requests).toHaveLength(2);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 'error', recipients: 2, bytes: 3 }]);
    expect(lines[0]).toContain(type);
  });

  it('throws when a connection cannot be closed', async () => {
    const { gateway } = await answering(() => ({ status: 403 }));
    await expect(gateway.close(id('a'), 'signedOut')).rejects.toMatchObject({ status: 403 });
  });

  it('leaves a hundred others under way meanwhile', async () => {
    let reached = 0;
    const { gateway } = await answering((to) => {
      reached += 1;
      return to === 'p0' ? 'silence' : { status: 200 };
    });
    const all = Array.from({ length: 100 }, (_, i) => id(`p${i}`));
    const posting = gateway.post(all, 'x');
    while (reached < 100) await new Promise((resolve) => setImmediate(resolve));
    await service.close();
    expect(await posting).toEqual({ gone: [], failed: ['p0'] });
  });
});
