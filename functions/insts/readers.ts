import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { recordNamed } from '../records/open-record.ts';
import { authorizeAll } from './in-record.ts';
import { readInst } from './inst-store.ts';

/**
 * Which of these users may currently read an inst in a record. If the inst does not exist, all may, because there is
 * nothing to protect.
 * @param people undefined: a caller who is not signed in
 * @returns one answer for each of them, in their order
 */
export async function mayRead(
  ports: Ports,
  { recordName, inst: name }: { readonly recordName: string; readonly inst: string },
  people: readonly (Identity | undefined)[],
): Promise<boolean[]> {
  const [record, inst] = await Promise.all([
    recordNamed(ports, recordName),
    readInst(ports, { recordName, inst: name }),
  ]);
  if (!record) return people.map(() => false);
  if (!inst) return people.map(() => true);
  const decisions = new Map<string | undefined, Promise<boolean>>();
  const decide = async (user: Identity | undefined): Promise<boolean> => {
    try {
      await authorizeAll(ports, { record, user, key: undefined, subjectId: user?.userId ?? null }, inst, ['read']);
      return true;
    } catch (thrown) {
      if (thrown instanceof Failure) return false;
      throw thrown;
    }
  };
  return Promise.all(
    people.map((user) => {
      const decision = decisions.get(user?.userId) ?? decide(user);
      decisions.set(user?.userId, decision);
      return decision;
    }),
  );
}
