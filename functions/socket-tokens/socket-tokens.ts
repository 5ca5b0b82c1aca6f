import { identityOf, lasting } from '../auth/identity.ts';
import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { EpochMs } from '../core/names.ts';
import { type Level, lower } from '../projects/level.ts';
import { findInstance, levelOn } from '../projects/reach.ts';
import { inSeconds } from '../projects/shown.ts';
import { socketTokensContract } from './contract.ts';
import { putToken } from './token-store.ts';
import { hashOfToken, newTokenText } from './token-text.ts';

const validMs = 60_000;

/**
 * One-time tokens for sockets. A token passes on the credential that created it, and never gives more access than that.
 */
export const socketTokens = implement('socketTokens', socketTokensContract, {
  async createSocketToken(ports, caller, { instanceId, permission: wanted = 'admin' }) {
    const { table, ids, clock } = ports;
    const identity = identityOf(caller);
    const instance = await findInstance(ports, instanceId);
    const level = instance && (await levelOn(ports, identity, instance));
    if (!level) throw new Failure('not_authorized', 'Instance not found or access denied');
    const permission = withoutOwner(lower(level, wanted));
    const token = newTokenText(ids);
    const expiresAt = branded<EpochMs>(clock.now() + validMs);
    await putToken(table, { hash: hashOfToken(token), instanceId, identity: lasting(identity), permission, expiresAt });
    return { token, expiresAt: inSeconds(expiresAt), instanceId, permission };
  },
});

/** On sockets, `admin` is the highest level. */
function withoutOwner(level: Level) {
  return level === 'owner' ? 'admin' : level;
}
