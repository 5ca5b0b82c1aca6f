import { beforeAll, describe, expect, it } from '@jest/globals';
import { recordCalls } from '../support/record-calls.ts';
import type { SignedIn, World } from '../support/world.ts';
import { makeWorld } from '../support/world.ts';

/** Grants and revocations in any order: what somebody may is what is granted now, and nothing stays of what was. */

let world: World;
let owner: SignedIn;
let friend: SignedIn;
beforeAll(async () => {
  world = await makeWorld();
  owner = await world.signIn('owner@example.com');
  friend = await world.signIn('friend@example.com');
});
const { call, made, grant } = recordCalls(() => world);

/** The same numbers for the same seed, so that what fails can be run again. */
function dice(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const markers = ['one', 'two', 'two:path'];
const actions = ['read', 'update', 'delete', null] as const;
const rootOf = (marker: string) => marker.split(':')[0];

interface Grant {
  readonly marker?: string;
  readonly resourceId?: string;
  readonly action: (typeof actions)[number];
  readonly through: 'user' | 'role';
}

describe('grants', () => {
  it.each([1, 2, 3, 4])(
    'given and taken in any order allow what is granted now, and in the end nothing: %d',
    async (seed) => {
      const roll = dice(seed);
      const pick = <T>(list: readonly T[]): T => list[roll(list.length)] as T;
      const recordName = await made(owner);
      for (const marker of markers) {
        await call('recordData', owner, { recordKey: recordName, address: marker, data: 1, markers: [marker] });
      }
      const before = await world.ports.table.query({ pk: `PERM#${recordName}` });
      await call('grantRole', owner, { recordName, role: 'helper', userId: friend.userId });
      const granted = new Map<string, Grant>();
      const idOf = ({ marker, resourceId, action, through }: Grant) =>
        JSON.stringify([marker && rootOf(marker), resourceId, action, through]);

      for (let step = 0; step < 12; step++) {
        if (granted.size > 0 && roll(3) === 0) {
          const [id, one] = pick([...granted]);
          await revoke(recordName, one);
          granted.delete(id);
        } else {
          const on = roll(2) === 0 ? { marker: pick(markers) } : { resourceId: pick(markers) };
          const one: Grant = { ...on, action: pick(actions), through: pick(['user', 'role'] as const) };
          await grant(recordName, owner, { ...on, resourceKind: 'data', action: one.action, ...holderOf(one) });
          granted.set(idOf(one), one);
        }
        for (const address of markers) {
          const expected = [...granted.values()].some((one) => fits(one, address, 'read'));
          const { status } = await call('getData', friend, { recordName, address });
          expect([seed, step, address, status]).toEqual([seed, step, address, expected ? 200 : 403]);
        }
      }
      for (const one of granted.values()) await revoke(recordName, one);
      for (const address of markers) {
        expect(await call('getData', friend, { recordName, address })).toMatchObject({ status: 403 });
      }
      expect(await world.ports.table.query({ pk: `PERM#${recordName}` })).toEqual(before);
    },
  );
});

const holderOf = ({ through }: Grant) =>
  through === 'user' ? { subjectType: 'user', subjectId: friend.userId } : { subjectType: 'role', subjectId: 'helper' };

function fits({ marker, resourceId, action }: Grant, address: string, wanted: string): boolean {
  const isHere = marker === undefined ? resourceId === address : rootOf(marker) === rootOf(address);
  return isHere && (action === null || action === wanted);
}

/** As a client does: finds the id in the list. */
async function revoke(recordName: string, one: Grant): Promise<void> {
  const listed = await call('listPermissions', owner, { recordName });
  const all = [...listed.markerPermissions, ...listed.resourcePermissions];
  const found = all.filter(
    ({ marker, resourceId, action, subjectType }) =>
      marker === (one.marker && rootOf(one.marker)) &&
      resourceId === one.resourceId &&
      action === one.action &&
      subjectType === one.through,
  );
  expect(found).toHaveLength(1);
  expect(await call('revokePermission', owner, { permissionId: found[0].id })).toMatchObject({ status: 200 });
}
