import { describe, expect, it } from '@jest/globals';
import { deleteNode, updateNode } from '../../functions/nodes/raising.ts';
import { held } from '../support/held-ports.ts';
import { nodesWorld } from '../support/nodes.ts';

const world = await nodesWorld();
const { update } = world;
let count = 0;
const newKey = () => `waited for ${++count}`;

/** Lets time pass until the answer is there. @returns it, and how much time went by */
async function answered<T>({ clock }: ReturnType<typeof world.held>, asked: Promise<T>) {
  const start = clock.now();
  let isOver = false;
  const over = asked.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.race([over, clock.awaited()]);
    clock.pass();
  }
  return { answer: await asked, after: clock.now() - start };
}

describe('waiting', () => {
  it('ends with the next change, by whatever process, at the next look', async () => {
    const key = newKey();
    const version = await update(key, 'h');
    const process = world.held();
    const asked = process.sync({ [key]: version }, 5_000);
    await process.clock.awaited();
    await update(key, 'h2');
    const { answer, after } = await answered(process, asked);
    expect(answer.body.changed[key]).toMatchObject({ hash: 'h2' });
    expect(after).toBe(250);
  });

  it('goes on over changes of other nodes, and ends when its time is over', async () => {
    const key = newKey();
    const version = await update(key, 'h');
    const process = world.held();
    const asked = process.sync({ [key]: version }, 2_000);
    await process.clock.awaited();
    await update(newKey(), 'h');
    const { answer, after } = await answered(process, asked);
    expect([answer.status, answer.body.changed, after]).toEqual([200, {}, 2_000]);
  });

  it('does not begin where there is something to tell already', async () => {
    const key = newKey();
    await update(key, 'h');
    const process = world.held();
    expect((await process.sync({ [key]: 0 }, 9_000)).body.changed[key].hash).toBe('h');
  });

  it('takes as long as the deployment allows at most, and no time where it allows none', async () => {
    const process = world.held();
    expect((await answered(process, process.sync({ nothing: 0 }, 25_000))).after).toBe(9_000);
    const hurried = await nodesWorld({ nodesMaxWaitMs: 0 });
    expect((await hurried.held().sync({ nothing: 0 }, 25_000)).status).toBe(200);
  });

  it('for a node that is not there ends with its making; for one that is, with its deletion', async () => {
    const key = newKey();
    const process = world.held();
    const made = process.sync({ [key]: 0 }, 5_000);
    await process.clock.awaited();
    const { version } = await updateNode(world.ports, key, 'h');
    expect((await answered(process, made)).answer.body.changed[key]).toMatchObject({ version, hash: 'h' });
    const gone = process.sync({ [key]: version }, 5_000);
    await process.clock.awaited();
    await deleteNode(world.ports, key);
    expect((await answered(process, gone)).answer.body.changed[key]).toMatchObject({ version: 0, hash: '' });
  });

  it('ends with a hint of another server, though there may be nothing to tell', async () => {
    const [key, other] = [newKey(), newKey()];
    const version = await update(key, 'h');
    await update(other, 'h');
    const process = world.held();
    const asked = process.sync({ [key]: version }, 9_000);
    await process.clock.awaited();
    const hint = (keys: string[]) => world.post('invalidate', { keys, source: 'eu' }, { as: world.as });
    await hint([other]);
    process.clock.pass();
    await process.clock.awaited();
    expect((await hint([key, 'not there'])).body).toEqual({ invalidated: [key], versions: { [key]: version } });
    const { answer, after } = await answered(process, asked);
    expect([answer.body.changed, after]).toEqual([{}, 250]);
  });

  it('notices a slow writer, who has taken its number long before it writes the node', async () => {
    const key = newKey();
    const version = await update(key, 'h');
    const process = world.held();
    const asked = process.sync({ [key]: version }, 9_000);
    await process.clock.awaited();
    const writer = held(world.ports, { call: 'update', on: `NODE#${key}` });
    const written = updateNode(writer.ports, key, 'slow');
    await writer.rests;
    for (let look = 0; look < 8; look += 1) {
      process.clock.pass();
      await process.clock.awaited();
    }
    writer.goOn();
    await written;
    const { answer, after } = await answered(process, asked);
    expect(answer.body.changed[key]).toMatchObject({ hash: 'slow' });
    expect(after).toBeLessThanOrEqual(2_000);
  });

  it('tells nothing of guarded nodes to a session that was revoked meanwhile', async () => {
    const guarded = await nodesWorld({ nodesGuarded: ['private:'] });
    const version = await guarded.update('private:x', 'h');
    const { sessionKey, sessionId, userId } = await guarded.signIn('another@example.com');
    const process = guarded.held();
    const asked = process.sync({ 'private:x': version }, 9_000, { as: sessionKey });
    await process.clock.awaited();
    await guarded.http('POST', '/api/v2/revokeSession', { body: { userId, sessionId }, as: sessionKey });
    for (let look = 0; look < 5; look += 1) {
      process.clock.pass();
      await process.clock.awaited();
    }
    await guarded.update('private:x', 'h2');
    const { answer } = await answered(process, asked);
    expect([answer.status, answer.body.changed]).toEqual([401, undefined]);
  });

  it('is for so many at a time as the deployment allows; one more is answered at once, until one of them is done', async () => {
    const crowded = await nodesWorld({ nodesMaxWaiting: 2 });
    const [first, second, third] = [crowded.held(), crowded.held(), crowded.held()];
    const waiting = [first.sync({ nothing: 0 }, 1_000), second.sync({ nothing: 0 }, 1_000)];
    await Promise.all([first.clock.awaited(), second.clock.awaited()]);
    expect((await third.sync({ nothing: 0 }, 9_000)).body.changed).toEqual({});
    await answered(first, waiting[0] ?? Promise.reject(new Error('nobody waits')));
    const again = third.sync({ nothing: 0 }, 500);
    await third.clock.awaited();
    expect((await answered(third, again)).after).toBe(500);
    await answered(second, waiting[1] ?? Promise.reject(new Error('nobody waits')));
  });

  it('forgets those who were killed while they waited', async () => {
    const crowded = await nodesWorld({ nodesMaxWaiting: 1 });
    const killed = crowded.held();
    void killed.sync({ nothing: 0 }, 9_000);
    await killed.clock.awaited();
    crowded.clock.advance(60_000);
    const next = crowded.held();
    expect((await answered(next, next.sync({ nothing: 0 }, 500))).after).toBe(500);
  });

  it('asks for little while nothing happens', async () => {
    const process = world.held();
    const known = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`idle ${n}`, 0]));
    world.calls.length = 0;
    await answered(process, process.sync(known, 9_000));
    const batches = world.calls.filter(({ operation }) => operation === 'BatchGetItem').length;
    expect(batches).toBeLessThanOrEqual(10);
    expect(world.calls.length).toBeLessThanOrEqual(53);
  });
});
