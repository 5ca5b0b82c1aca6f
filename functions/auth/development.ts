import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { newUser, userExists } from './user-store.ts';

/** While somebody develops, this is who shows no credential at all. */
export const developerId = branded<UserId>('dev-user');

/** @param over a socket of an instance is let in as its admin, whoever's it is @returns undefined unless the setting `ENVIRONMENT` is `development` */
export async function developer(
  ports: Pick<Ports, 'settings' | 'table' | 'clock'>,
  over: 'http' | 'socket',
): Promise<Identity | undefined> {
  const { settings, table, clock } = ports;
  if (settings.environment !== 'development') return undefined;
  if (!(await userExists(table, developerId))) {
    const user = { id: developerId, email: null, phoneNumber: null, role: 'none', createdTimeMs: clock.now() } as const;
    // Lost where somebody else's first request has made them: that is as well.
    await table.transact(newUser(user));
  }
  return {
    userId: developerId,
    role: 'none',
    credential: { kind: 'developer', over, id: developerId, expiresAt: null },
  };
}

/** The setting was asked when they came in. */
export function isDeveloperAtSocket({ credential }: Identity): boolean {
  return credential.kind === 'developer' && credential.over === 'socket';
}
