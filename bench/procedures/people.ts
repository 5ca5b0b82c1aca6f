import type { World } from '../../test/support/world.ts';
import type { Probe } from './probe.ts';

/** Allowed to make accounts. */
export const superUserAddress = 'root@example.com';

/** A user signs in twice, makes an API key for a program, and signs out everywhere. */
export async function people(world: World, { call, ask }: Probe, round: number): Promise<void> {
  const address = `person-${round}@example.com`;
  const wanted = { address, addressType: 'email' };
  const signIn = async (how: string) => {
    const { userId, requestId } = await call('requestLogin', wanted, { how });
    const code = world.outbox.messages.at(-1)?.code;
    return call('completeLogin', { userId, requestId, code }, { how });
  };
  const first = await signIn('of a new address');
  const { userId, sessionKey } = await signIn('of a known one');
  await call('getUserInfo', { userId }, { as: sessionKey });
  await call('listSessions', {}, { as: sessionKey });
  await call('revokeSession', { sessionKey: first.sessionKey }, { as: sessionKey });
  const { sessionKey: as } = await call('replaceSession', {}, { as: sessionKey });

  const wantedKey = { name: 'script', scopeType: 'account' };
  const { id, key } = await ask('createApiKey', 'POST', '/api/keys', { as, body: wantedKey });
  await ask('listApiKeys', 'GET', '/api/keys', { as });
  await call('listRecords', {}, { as: key, how: 'with an API key' });
  await ask('deleteApiKey', 'DELETE', `/api/keys/${id}`, { as });

  await call('revokeAllSessions', { userId }, { as });
  const superUser = await world.signIn(superUserAddress);
  await call('createAccount', {}, { as: superUser.sessionKey });
  await call('listProcedures', {});
}
