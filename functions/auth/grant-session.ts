import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { type Origin, type SessionAnswer, startSession } from './session-answer.ts';
import { readUser, welcome } from './user-store.ts';
import { refuseBanned } from './users.ts';

/**
 * A session for a user who has authenticated in another way than by a code: the writes that create it, for the
 * transaction that uses up the proof, and the answer for afterwards.
 * @throws Failure `invalid_request` when there is no such user, `user_is_banned`
 */
export async function grantSession(
  ports: Ports,
  userId: UserId,
  origin: Origin,
): Promise<{ readonly writes: readonly TransactWrite[]; readonly answer: SessionAnswer }> {
  const [user, { write, answer }] = await Promise.all([
    readUser(ports.table, userId),
    startSession(ports, userId, origin),
  ]);
  if (!user) throw new Failure('invalid_request', 'The login request is not valid.');
  refuseBanned(user);
  return { writes: [write, welcome(userId)], answer };
}
