import { branded } from '../core/branded.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { identityOf } from './identity.ts';
import { startSession } from './session-answer.ts';
import { changeProfile, newUser, readUser } from './user-store.ts';
import { roleOf, type User } from './users.ts';

/** What is known of users, and what they may change of it. */

export async function getUserInfo({ table, settings }: Ports, _caller: Caller, input: { readonly userId: string }) {
  const user = await existing(readUser(table, branded<UserId>(input.userId)));
  return {
    ...given({ name: user.name, avatarUrl: user.avatarUrl, avatarPortraitUrl: user.avatarPortraitUrl }),
    email: user.email,
    phoneNumber: user.phoneNumber,
    hasActiveSubscription: false,
    subscriptionTier: null,
    privacyFeatures: { publishData: true, allowPublicData: true, allowAI: true, allowPublicInsts: true },
    displayName: null,
    role: roleOf(user, settings),
  };
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
  // Whoever could write somebody's address into their own profile would receive that person's next code.
  refuseNewAddress('email', input.email, user.email);
  refuseNewAddress('phoneNumber', input.phoneNumber, user.phoneNumber);
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
  const message = 'An address cannot be changed here: it has to be proven by signing in with it.';
  const issues = [{ code: 'custom', path: [field], message }];
  throw new Failure('unacceptable_request', message, { issues });
}

/** Without what is absent or null. */
function given<T extends Readonly<Record<string, string | null | undefined>>>(
  fields: T,
): { [Field in keyof T]?: string } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(kept) as { [Field in keyof T]?: string }; // fromEntries forgets the names
}
