import { afterAll, describe, expect, it } from '@jest/globals';
import { receive } from '../../functions/connections/message.ts';
import { directEvent } from '../../functions/connections/socket-event.ts';
import { ex } from '../../functions/core/expression.ts';
import { keys } from '../../functions/core/keys.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { anyDoor } from '../support/any-door.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';
import type { SignedIn } from '../support/world.ts';

/** Insts and their branches under the hands of those who use them. */
const world = await casualosWorld({ anonymous: new Set(['insts']) });
const { tell, http, person, loggedIn } = world;
afterAll(() => expect([world.errors, world.dead, world.lost]).toEqual([[], [], []]));

let count = 0;
const update = (text: string) => Buffer.from(text).toString('base64');
const watch = (client: Client, branch: object) => tell(client, { type: 'repo/watch_branch', ...branch });
const add = (client: Client, branch: object, text: string) =>
  tell(client, { type: 'repo/add_updates', ...branch, updates: [update(text)], updateId: ++count });
const received = { type: 'repo/updates_received' };
const call = async (procedure: string, as: SignedIn, input: object) =>
  (await http('POST', '/api/v3/callProcedure', { as: as.sessionKey, body: { procedure, input } })).body;
const updatesIn = (messages: { type: string; updates: string[] }[]) =>
  messages.filter(({ type }) => type === 'repo/add_updates').flatMap(({ updates }) => updates);
/** What somebody finds who comes now. */
const found = async (as: SignedIn | undefined, branch: { recordName: string | null; inst: string }) =>
  updatesIn(await watch(await loggedIn(as, branch), branch)).toSorted();

/** An inst in somebody's own record, and two sockets of theirs that watch it. */
async function shared() {
  const owner = await person();
  const branch = { recordName: owner.userId, inst: `inst-${++count}`, branch: 'default' };
  const [alice, bob] = [await loggedIn(owner, branch), await loggedIn(owner, branch)];
  for (const client of [alice, bob]) {
    expect((await watch(client, branch)).at(-1)).toMatchObject({ type: 'repo/watch_branch_result', success: true });
  }
  const erase = () => call('deleteInst', owner, branch);
  return { owner, branch, alice, bob, erase };
}

describe('a connection token', () => {
  it('opens the branches of its own inst, and a watch of any other in a record is told why not', async () => {
    const { branch, alice } = await shared();
    const [refused] = await watch(alice, { ...branch, inst: 'another' });
    expect(refused).toMatchObject({ type: 'repo/watch_branch_result', success: false, errorCode: 'not_authorized' });
    expect(refused.reason).toEqual({ type: 'invalid_token' });
    expect((await watch(alice, { ...branch, recordName: null })).at(-1)).toMatchObject({ success: true });
  });
});

describe('a permission that is taken back', () => {
  it('stops somebody who is writing within two seconds, and nothing they send later is kept', async () => {
    const { owner, branch } = await shared();
    const friend = await person();
    const permission = {
      marker: 'private',
      resourceKind: 'inst',
      action: null,
      subjectType: 'user',
      subjectId: friend.userId,
    };
    await call('grantPermission', owner, { recordName: owner.userId, permission });
    const socket = await loggedIn(friend, branch);
    expect(await add(socket, branch, 'before')).toMatchObject([received]);
    const { markerPermissions } = await call('listPermissions', owner, { recordName: owner.userId, marker: 'private' });
    await call('revokePermission', owner, { permissionId: markerPermissions[0].id });
    world.advance(2_000);
    expect(await add(socket, branch, 'after')).toMatchObject([[5, -1, { errorCode: 'not_authorized' }]]);
    expect(await found(owner, branch)).toEqual([update('before')]);
  });
});

describe('an inst that is deleted', () => {
  it('starts empty when it is used again, and those who watched it hear of what is new', async () => {
    const { owner, branch, alice, bob, erase } = await shared();
    expect(await add(alice, branch, 'old')).toMatchObject([received]);
    expect(await erase()).toEqual({ success: true });
    expect(await found(owner, branch)).toEqual([]);
    bob.take();
    expect(await add(alice, branch, 'new')).toMatchObject([received]);
    expect(bob.take().map((event) => JSON.stringify(event))).toEqual([expect.stringContaining(update('new'))]);
    expect(await found(owner, branch)).toEqual([update('new')]);
  });

  it('takes nothing along that is acknowledged after it is gone', async () => {
    const { owner, branch, alice, erase } = await shared();
    await add(alice, branch, 'first');
    let isGone = false;
    const deletion = erase().then(() => {
      isGone = true;
    });
    const since: string[] = [];
    for (let at = 0; since.length < 5; at++) {
      const text = `update ${at}`;
      const wasGone = isGone;
      const [answer] = await add(alice, branch, text);
      expect(answer).toMatchObject(received);
      if (wasGone) since.push(update(text));
    }
    await deletion;
    expect(await found(owner, branch)).toEqual(expect.arrayContaining(since));
    expect(await found(owner, branch)).not.toContain(update('first'));
  });

  it('is finished by the next update, where the deletion died on the way', async () => {
    const { owner, branch, alice } = await shared();
    await add(alice, branch, 'old');
    await world.ports.table.update(keys.inst(branch.recordName, branch.inst), ex`SET leaving = ${true}`);
    world.advance(2_000);
    expect(await add(alice, branch, 'new')).toMatchObject([received]);
    expect(await found(owner, branch)).toEqual([update('new')]);
  });
});

describe('a process that has not heard of a new inst', () => {
  it('does not take the branch back to the old one', async () => {
    const branch = { recordName: null, inst: `public-${++count}`, branch: 'default' };
    const [alice, bob] = [await loggedIn(), await loggedIn()];
    await add(alice, branch, 'old');
    // Another process, whose clock is ahead, takes the inst for expired.
    const key = keys.inst(null, branch.inst);
    await world.ports.table.put({ ...(await world.ports.table.get(key)), ...key, generation: 'the next one' });
    expect(await add(bob, branch, 'from bob')).toMatchObject([received]);
    expect(await add(alice, branch, 'from alice')).toMatchObject([received]);
    expect(await found(undefined, branch)).toEqual([update('from alice'), update('from bob')].toSorted());
  });

  it('does not take it back by beginning to watch the old one, either', async () => {
    const branch = { recordName: null, inst: `public-${++count}`, branch: 'default' };
    const [alice, bob] = [await loggedIn(), await loggedIn()];
    await add(alice, branch, 'old');
    const slow = hearingOnlyAfter(async () => {
      const key = keys.inst(null, branch.inst);
      await world.ports.table.put({ ...(await world.ports.table.get(key)), ...key, generation: 'the next one' });
      expect(await add(bob, branch, 'from bob')).toMatchObject([received]);
    });
    const requestContext = {
      eventType: 'MESSAGE',
      connectionId: alice.id,
      requestId: 'slow',
      requestTimeEpoch: Date.now(),
    };
    const body = JSON.stringify([1, ++count, { type: 'repo/watch_branch', ...branch }]);
    await receive(slow, directEvent({ requestContext, body }), anyDoor);
    expect(await found(undefined, branch)).toEqual([update('from bob')]);
  });
});

/** The same ports in a process so slow that something happens before somebody hears what is said in a channel. */
function hearingOnlyAfter(happens: () => Promise<void>): Ports {
  const { connections } = world.ports;
  let meanwhile: Promise<void> | undefined;
  const transact: Table['transact'] = async (...writes) => {
    meanwhile ??= happens();
    await meanwhile;
    return connections.transact(...writes);
  };
  return Object.create(world.ports, {
    connections: { value: Object.assign(Object.create(connections), { transact }) },
  });
}
