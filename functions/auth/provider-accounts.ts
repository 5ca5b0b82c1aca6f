import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { isWellFormed } from './addresses.ts';
import { type OpenIdTokens, sealTokens } from './openid-tokens.ts';
import { newPerson, personFor } from './person-store.ts';
import { type SessionAnswer, startSession } from './session-answer.ts';
import { follows, newUser, ownerOf, readUser } from './user-store.ts';
import { type ProviderFacts, refuseBanned, type User } from './users.ts';

/**
 * Accounts of users who sign up or sign in at an identity provider. Their rows have the provider's id and privacy
 * features, but never a name or address from the provider.
 */

/** A user at a provider: the pair never changes. */
export interface ProviderSubject {
  readonly issuer: string;
  readonly subject: string;
}

/** Creates the user of a person who has signed up at the provider. No other user may have the pair. */
export async function signUpFrom(
  ports: Ports,
  who: ProviderSubject,
  facts: ProviderFacts,
  ip: string,
): Promise<SessionAnswer> {
  const id = branded<UserId>(ports.ids.uuid());
  const createdTimeMs = ports.clock.now();
  const user: User = { id, email: null, phoneNumber: null, role: 'none', createdTimeMs, ...facts };
  const { write, answer } = await startSession(ports, id, { ip });
  const stored = await ports.table.transact([newPerson(who, id), ...newUser(user), write]);
  if (!stored.ok) throw new Failure('email_already_exists', 'There is an account for this person already. Sign in.');
  return answer;
}

/** A sign-in that the provider has confirmed. */
export interface ProviderSignIn {
  readonly who: ProviderSubject;
  /** Only if the provider has verified it. */
  readonly verifiedEmail: string | undefined;
  readonly facts: ProviderFacts;
  readonly provider: string;
  readonly tokens: OpenIdTokens;
  readonly ip: string;
  /** A write for the same transaction. */
  readonly alongside: TransactWrite;
}

/**
 * @returns undefined when no user has that subject or address, or the user belongs to another subject; or when a
 * concurrent request completed the sign-in
 * @throws Failure `user_is_banned`
 */
export async function signInFrom(ports: Ports, signIn: ProviderSignIn): Promise<SessionAnswer | undefined> {
  const { who, facts, provider, tokens, ip, alongside } = signIn;
  const { table, clock } = ports;
  const linked = await personFor(table, who.issuer, who.subject);
  const user = linked === undefined ? await ownerOfAddress(ports, signIn) : await readUser(table, linked);
  if (!user || (user.privoServiceId !== undefined && user.privoServiceId !== facts.privoServiceId)) return undefined;
  refuseBanned(user);
  const openId = await sealTokens(ports, user.id, provider, tokens);
  const { write, answer } = await startSession(ports, user.id, { ip, openId });
  const link = linked === undefined ? [newPerson(who, user.id)] : [];
  // A user found by an address that the provider has verified has thereby verified it here.
  const proof = linked === undefined && user.verifiedTimeMs === undefined ? { verifiedTimeMs: clock.now() } : {};
  const signedIn = await table.transact([alongside, write, follows(user.id, { ...facts, ...proof }), ...link]);
  return signedIn.ok ? answer : undefined;
}

export function userWith({ table }: Ports, id: UserId): Promise<User | undefined> {
  return readUser(table, id);
}

async function ownerOfAddress({ table }: Ports, { verifiedEmail }: ProviderSignIn): Promise<User | undefined> {
  if (verifiedEmail === undefined || !isWellFormed('email', verifiedEmail)) return undefined;
  const owner = await ownerOf(table, 'email', verifiedEmail);
  return owner && (await readUser(table, owner));
}
