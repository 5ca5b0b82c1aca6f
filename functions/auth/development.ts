import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { newUser, userExists } from './user-store.ts';

/** The user of callers without a credential in development. */
export const developerId = branded<UserId>('dev-user');

/**
 * @param over a socket counts as admin of any instance @returns undefined unless the setting `ENVIRONMENT` is
 * `development`
 */
export async function developer(
  ports: Pick<Ports, 'settings' | 'table' | 'clock'>,
  over: 'http' | 'socket',
): Promise<Identity | undefined> {
  const { settings, table, clock } = ports;
  if (settings.environment !== 'development') return undefined;
  if (!(await userExists(table, developerId))) {
    const user = { id: developerId, email: null, phoneNumber: null, role: 'none', createdTimeMs: clock.now() } as const;
    // Fails if a concurrent request has already created the user, which is fine.
    await table.transact(newUser(user));
  }
  return {
    userId: developerId,
    role: 'none',
    credential: { kind: 'developer', over, id: developerId, expiresAt: null },
  };
}

/** The setting was checked at the upgrade. */
export function isDeveloperAtSocket({ credential }: Identity): boolean {
  return credential.kind === 'developer' && credential.over === 'socket';
}
