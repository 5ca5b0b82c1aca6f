import { isDeepStrictEqual } from 'node:util';
import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type PrivoProfile, profileAtPrivo } from '../privo/profile.ts';
import { identityOf } from './identity.ts';
import { allFeatures } from './privacy-features.ts';
import { startSession } from './session-answer.ts';
import { changeFacts, changeProfile, newUser, readUser } from './user-store.ts';
import { roleOf, type User } from './users.ts';

/** Reading users' profiles, and changing one's own. */

export async function getUserInfo(ports: Ports, _caller: Caller, input: { readonly userId: string }) {
  const user = await existing(readUser(ports.table, branded<UserId>(input.userId)));
  const elsewhere = await keptElsewhere(ports, user);
  const { avatarUrl, avatarPortraitUrl } = user;
  return {
    ...given({ name: elsewhere?.name ?? user.name, avatarUrl, avatarPortraitUrl }),
    email: elsewhere?.email ?? user.email,
    phoneNumber: user.phoneNumber,
    hasActiveSubscription: false,
    subscriptionTier: null,
    privacyFeatures: elsewhere?.privacyFeatures ?? user.privacyFeatures ?? allFeatures,
    displayName: elsewhere?.displayName ?? null,
    role: roleOf(user, ports.settings),
  };
}

/** Reads name, address and features of a user at Privo, and stores features that have changed there. */
async function keptElsewhere(
  ports: Ports,
  { id, privoServiceId, privacyFeatures }: User,
): Promise<PrivoProfile | undefined> {
  const { privo } = ports.settings;
  if (privo === undefined || privoServiceId === undefined) return undefined;
  const profile = await profileAtPrivo(ports, privo, privoServiceId);
  if (!isDeepStrictEqual(profile.privacyFeatures, privacyFeatures)) {
    await changeFacts(ports.table, id, { privacyFeatures: profile.privacyFeatures });
  }
  return profile;
}

interface Changes {
  readonly userId: string;
  readonly name?: string | null | undefined;
  readonly avatarUrl?: string | null | undefined;
  readonly avatarPortraitUrl?: string | null | undefined;
  readonly email?: string | null | undefined;
  readonly phoneNumber?: string | null | undefined;
}

export async function updateUserInfo({ table }: Ports, caller: Caller, input: Changes) {
  const { userId } = identityOf(caller);
  const user = await existing(readUser(table, userId));
  // A user who could put another user's address into their own profile would receive that user's next code.
  refuseNewAddress('email', input.email, user.email);
  refuseNewAddress('phoneNumber', input.phoneNumber, user.phoneNumber);
  if (user.privoServiceId !== undefined && input.name)
    throw wrong('name', 'The name is kept at Privo: change it there.');
  const { name, avatarUrl, avatarPortraitUrl } = input;
  await changeProfile(table, userId, given({ name, avatarUrl, avatarPortraitUrl }));
  return { userId };
}

export async function createAccount(ports: Ports, caller: Caller) {
  const { role } = identityOf(caller);
  if (role !== 'superUser' && role !== 'system') throw new Failure('not_authorized', 'Only super users may do this.');
  const id = branded<UserId>(ports.ids.uuid());
  const user: User = { id, email: null, phoneNumber: null, role: 'none', createdTimeMs: ports.clock.now() };
  const { write, answer } = await startSession(ports, id, { ip: caller.ip, forever: true });
  const created = await ports.table.transact([...newUser(user), write]);
  if (!created.ok) throw new Error('An account could not be created.');
  return answer;
}

async function existing(read: Promise<User | undefined>): Promise<User> {
  const user = await read;
  if (!user) throw new Failure('user_not_found', 'There is no such user.');
  return user;
}

function refuseNewAddress(field: string, wanted: string | null | undefined, stored: string | null): void {
  if (wanted === undefined || wanted === null || wanted === stored) return;
  throw wrong(field, 'An address cannot be changed here: it has to be proven by signing in with it.');
}

function wrong(field: string, message: string): Failure {
  return new Failure('unacceptable_request', message, { issues: [{ code: 'custom', path: [field], message }] });
}

/** Without what is absent or null. */
function given<T extends Readonly<Record<string, string | null | undefined>>>(
  fields: T,
): { [Field in keyof T]?: string } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(kept) as { [Field in keyof T]?: string }; // fromEntries forgets the names
}
