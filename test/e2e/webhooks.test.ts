import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { eventually } from '../support/eventually.ts';
import { type FakeClerk, startFakeClerk } from '../support/fake-clerk.ts';
import { type Service, startService } from '../support/service.ts';
import { toldTo } from '../support/webhooks.ts';

/** Somebody from Clerk, and an address outside that is told of their instance: as deployed, while handlers die now and then. */

let clerk: FakeClerk;
let receiver: Service;
let running: RunningChorus;

beforeAll(async () => {
  clerk = await startFakeClerk(Date.now);
  // It refuses nothing twice: what is refused again waits for five minutes.
  const refused = new Set<unknown>();
  receiver = await startService(({ headers }, count) => {
    const id = headers['webhook-id'];
    const isRefused = count % 7 === 2 && !refused.has(id);
    if (isRefused) refused.add(id);
    return { status: isRefused ? 500 : 200 };
  });
  const env = {
    CLERK_JWKS_URL: clerk.settings.jwksUrl,
    CLERK_WEBHOOK_SECRET: clerk.settings.webhookSecret,
    OUTBOUND_ALLOW_HOSTS: receiver.endpoint.host,
  };
  running = await startChorus({ port: 0, quiet: true, fresh: true, chaos: '4711', env });
});

afterAll(async () => {
  await running?.stop();
  await receiver?.close();
  clerk?.close();
});

/** Asked again for as long as chaos takes the answer away. */
async function call(method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const { answer } = await eventually(
    async () => {
      const response = await fetch(`${running.url}${path}`, {
        method,
        headers,
        ...(text === undefined ? {} : { body: text }),
      }).catch(() => undefined);
      return { status: response?.status ?? 503, answer: await response?.json() };
    },
    ({ status }) => status < 500,
  );
  return Object(answer);
}

describe('an address outside', () => {
  it('is told of every key in order, whatever dies', async () => {
    const told = clerk.told({ type: 'user.created', data: { id: 'user_1', email_addresses: [] } }, 'msg_1');
    expect(await call('POST', '/webhooks/clerk', told.headers ?? {}, told.body)).toEqual({ received: true });
    const as = { authorization: `Bearer ${await clerk.token({ sub: 'user_1' })}`, 'content-type': 'application/json' };
    const { defaultInstanceId: id } = await call('POST', '/api/projects', as, { name: 'Garden' });
    const hook = { url: `${receiver.endpoint.origin}/hook` };
    const { secret, id: webhookId } = await call('POST', `/api/instances/${id}/webhooks`, as, hook);
    // An answer that was taken away may have made another one.
    const { webhooks } = await call('GET', `/api/instances/${id}/webhooks`, as);
    for (const { id: other } of webhooks) if (other !== webhookId) await call('DELETE', `/api/webhooks/${other}`, as);

    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map(async (name) => {
        for (let value = 1; value <= 5; value++) await call('PUT', `/api/instances/${id}/keys/${name}`, as, { value });
      }),
    );
    const heardOf = (name: string) => {
      const all = toldTo(receiver, secret).filter(({ body }) => body.data.key === name);
      return all.map(({ body }) => body.data.value);
    };
    await eventually(
      () => names.map((name) => heardOf(name).includes(5)),
      (all) => all.every(Boolean),
    );
    // Again and again, but never back to what was before what has been taken.
    for (const name of names) expect(heardOf(name)).toEqual(heardOf(name).toSorted((a, b) => a - b));
    for (const name of names) expect([...new Set(heardOf(name))]).toEqual([1, 2, 3, 4, 5]);
    // What a handler that dies was at comes again when its queue shows it again: after three minutes.
  }, 300_000);
});
