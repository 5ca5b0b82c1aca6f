import { afterAll, describe, expect, it } from '@jest/globals';
import { connect } from '../local/fixtures/socket-client.ts';
import { eventually } from '../support/eventually.ts';
import { newDataDir, npmStart, type Running } from '../support/npm-start.ts';
import { signInAt } from '../support/sign-in-at.ts';

/** Timers of rules at a running Chorus: they come by themselves, and after a kill as well. */

let running: Running;
afterAll(() => running.kill());

describe('a timer', () => {
  it('and an event that does not come are noticed by a server that nobody asks anything', async () => {
    running = await npmStart('--port=0', `--data=${newDataDir()}`);
    const admin = await administrator();
    await admin.ask('rules.subscribe', { pattern: '*' });
    await admin.ask('rules.emit', { topic: 'timer.start', data: { id: 'x' } });
    await admin.ask('rules.emit', { topic: 'cart.opened', data: { cartId: 7 } });
    const events = await eventually(
      () => admin.events(),
      (heard) => heard.length >= 4,
    );
    expect(events.map(({ topic }) => topic).sort()).toEqual([
      ...['cart.abandoned', 'cart.opened', 'timer.fired', 'timer.start'],
    ]);
    await running.kill();
  });

  it('fires once though everything was killed while it ran, and started again', async () => {
    const data = `--data=${newDataDir()}`;
    running = await npmStart('--port=0', data);
    const before = await administrator();
    const rule = (id: string, trigger: object, ...actions: object[]) => ({ id, name: id, trigger, actions });
    const timer = { name: 'late', duration: '3s', onExpire: { topic: 'late', data: {} } };
    const noting = { type: 'set_fact', key: 'late:fired', value: true };
    for (const one of [
      rule('start', { type: 'event', topic: 'start' }, { type: 'set_timer', timer }),
      rule('note', { type: 'timer', name: 'late' }, noting),
    ]) {
      expect((await before.ask('rules.registerRule', { rule: one })).type).toBe('result');
    }
    await before.ask('rules.emit', { topic: 'start' });
    await running.kill();
    running = await npmStart('--port=0', data);
    const after = await administrator();
    const facts = await eventually(
      async () => (await after.ask('rules.queryFacts', { pattern: 'late:*' })).data,
      ({ length }) => length > 0,
    );
    expect(facts).toMatchObject([{ value: true, version: 1, source: 'rule' }]);
    const stats = await eventually(
      async () => (await after.ask('rules.stats')).data,
      ({ timersCount }) => timersCount === 0,
    );
    expect(stats).toMatchObject({ rulesCount: 12, factsCount: 1 });
    expect((await after.ask('rules.getFact', { key: 'late:fired' })).data).toBe(true);
  });
});

// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
type Frame = any;

/** A socket over which the example's administrator is signed in. */
async function administrator() {
  const sessionKey = await signInAt(running.url, 'admin@example.com');
  const client = await connect(`${running.url.replace('http', 'ws')}/`);
  const heard: Frame[] = [];
  const read = async () => {
    for (;;) heard.push(JSON.parse(await client.next()));
  };
  void read().catch(() => {}); // the socket has ended
  let count = 0;
  const ask = async (type: string, fields: object = {}): Promise<Frame> => {
    const id = ++count;
    client.send(JSON.stringify({ id, type, ...fields }));
    return eventually(
      () => heard.find((frame) => frame.id === id),
      (answer) => answer !== undefined,
    );
  };
  await eventually(
    () => heard.length,
    (length) => length > 0,
  );
  expect((await ask('auth.login', { token: sessionKey })).type).toBe('result');
  return {
    ask,
    events: (): Frame[] => heard.filter(({ channel }) => channel === 'event').map(({ data }) => data.event),
  };
}
