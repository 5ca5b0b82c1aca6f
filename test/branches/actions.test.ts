import { describe, expect, it } from '@jest/globals';
import { branchWorld, newBranch, type Watcher } from '../support/branches.ts';

/** Actions: to everybody, to some, to one by chance. */
const world = await branchWorld();

const send = (branch: object, action: object) => ({ type: 'repo/send_action', ...branch, action });

async function three() {
  const branch = newBranch();
  const watchers = [];
  for (const name of ['a', 'b', 'c']) watchers.push(await world.watching(branch, name));
  const [a, b, c] = watchers;
  if (!a || !b || !c) throw new Error('three were asked for');
  return { branch, a, b, c, watchers };
}

describe('an action', () => {
  it('that is broadcast reaches everybody who watches, its sender too, with who sent it', async () => {
    const { branch, a, watchers } = await three();
    a.say(send(branch, { type: 'remote', event: { type: 'shout', argument: [1] }, broadcast: true, taskId: 4 }));
    await world.settled();
    const connection = { connectionId: 'a', sessionId: null, userId: null };
    for (const watcher of watchers) {
      expect(watcher.messages('repo/receive_action')).toEqual([
        {
          type: 'repo/receive_action',
          ...branch,
          action: { type: 'device', connection, event: { type: 'shout', argument: [1] }, taskId: 4 },
        },
      ]);
    }
  });

  it('reaches whom its connection id names, all of them if several have it', async () => {
    const { branch, a, b, c } = await three();
    const twin = await world.watching(branch, 'b');
    a.say(send(branch, { type: 'remote', event: 1, connectionId: 'b' }));
    await world.settled();
    expect([a, b, c, twin].map((one) => one.messages('repo/receive_action').length)).toEqual([0, 1, 0, 1]);
  });

  it('reaches those who watch a temporary branch of that name, whoever sends it, and each once', async () => {
    const { branch, b } = await three();
    const guest = await world.watching({ ...branch, temporary: true }, 'guest');
    b.say({ type: 'repo/watch_branch', ...branch, temporary: true });
    await world.settled();
    const outside = await world.anonymous('outside');
    outside.say(send(branch, { type: 'remote', event: 1, connectionId: 'guest' }));
    await world.settled();
    guest.say(send(branch, { type: 'remote', event: 2, broadcast: true }));
    await world.settled();
    const heard = (one: Watcher) => one.messages('repo/receive_action').map(({ action }) => action.event);
    expect([guest, b, outside].map(heard)).toEqual([[1, 2], [2], []]);
  });

  it('reaches nobody by a null id, nor by an id that nobody has', async () => {
    const { branch, a, watchers } = await three();
    a.say(send(branch, { type: 'remote', event: 1, userId: 'nobody' }));
    a.say(send(branch, { type: 'remote', event: 1, connectionId: 'nobody', userId: null }));
    await world.settled();
    expect(watchers.map((one) => one.messages('repo/receive_action').length)).toEqual([0, 0, 0]);
  });

  it('without a selector reaches exactly one, and with only `broadcast: false` nobody', async () => {
    const { branch, a, watchers } = await three();
    a.say(send(branch, { type: 'remote', event: 1 }));
    a.say(send(branch, { type: 'remote', event: 1, broadcast: false }));
    await world.settled();
    const counts = watchers.map((one) => one.messages('repo/receive_action').length);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(1);
  });

  it('may be sent by who does not watch, and answers come back as results and errors', async () => {
    const { branch, a, b } = await three();
    const outside = await world.anonymous('outside');
    outside.say(send(branch, { type: 'remote', event: 'ask', connectionId: 'a', taskId: 'x' }));
    a.say(send(branch, { type: 'remote_result', result: 42, connectionId: 'b', taskId: 'x' }));
    a.say(send(branch, { type: 'remote_error', error: 'no', connectionId: 'b', taskId: 'y' }));
    await world.settled();
    expect(a.messages('repo/receive_action').map(({ action }) => action)).toEqual([
      {
        type: 'device',
        connection: { connectionId: 'outside', sessionId: null, userId: null },
        event: 'ask',
        taskId: 'x',
      },
    ]);
    const connection = { connectionId: 'a', sessionId: null, userId: null };
    const answers = b.messages('repo/receive_action').map(({ action }) => action);
    expect(answers).toHaveLength(2);
    expect(answers).toEqual(
      expect.arrayContaining([
        { type: 'device_result', connection, result: 42, taskId: 'x' },
        { type: 'device_error', connection, error: 'no', taskId: 'y' },
      ]),
    );
  });

  it('finds who has logged in anew under the new name, and no longer under the old one', async () => {
    const { branch, a, b } = await three();
    b.say({ type: 'login', connectionId: 'new' });
    await world.settled();
    a.say(send(branch, { type: 'remote', event: 1, connectionId: 'new' }));
    a.say(send(branch, { type: 'remote', event: 2, connectionId: 'b' }));
    await world.settled();
    expect(b.messages('repo/receive_action').map(({ action }) => action.event)).toEqual([1]);
  });

  it('as large as a message may be reaches its watcher', async () => {
    const { branch, a, b } = await three();
    a.say(send(branch, { type: 'remote', event: 'x'.repeat(200_000), connectionId: 'b' }));
    await world.settled();
    expect(b.messages('repo/receive_action')[0]?.action.event).toHaveLength(200_000);
  });

  it.each([
    ['no type', { event: 1 }],
    ['a type that is none', { type: 'local', event: 1 }],
    ['an id that is a number', { type: 'remote', event: 1, connectionId: 4 }],
  ])('with %s is refused', async (_, action) => {
    const { branch, a } = await three();
    a.say(send(branch, action));
    await world.settled();
    expect(a.errors()).toEqual([expect.objectContaining({ success: false, errorCode: 'unacceptable_request' })]);
  });
});
