import { afterAll, describe, expect, it } from '@jest/globals';
import { checkSession } from '../../functions/auth/session-check.ts';
import { findConnection } from '../../functions/core/connection-store.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';
import type { SignedIn } from '../support/world.ts';

const world = await casualosWorld();
const { ports, advance } = world;

afterAll(() => expect(world.errors).toEqual([]));

async function check(client: Client, given = ports) {
  const connection = await findConnection(ports, client.id);
  if (!connection) throw new Error('the connection is gone');
  return checkSession(given, connection);
}

const revoke = ({ userId, sessionId, sessionKey }: SignedIn) =>
  world.http('POST', '/api/v2/revokeSession', { body: { userId, sessionId }, as: sessionKey });

/** Ports that count what is read. */
function counted() {
  let reads = 0;
  const table = Object.create(ports.table, {
    batchGet: {
      value: (...given: Parameters<typeof ports.table.batchGet>) => {
        reads++;
        return ports.table.batchGet(...given);
      },
    },
  });
  return { ports: Object.create(ports, { table: { value: table } }), reads: () => reads };
}

describe('the session of a socket that has logged in', () => {
  it('is read once in two seconds, and not at all for somebody anonymous', async () => {
    const { ports: given, reads } = counted();
    const ann = await world.person();
    const [signedIn, anonymous] = [await world.loggedIn(ann), await world.loggedIn()];
    for (let n = 0; n < 5; n++) {
      expect(await check(signedIn, given)).toMatchObject({ userId: ann.userId, credential: { id: ann.sessionId } });
      expect(await check(anonymous, given)).toBeUndefined();
    }
    expect(reads()).toBe(1);
    advance(2_001);
    await check(signedIn, given);
    expect(reads()).toBe(2);
  });

  it('is refused at the latest two seconds after it was revoked', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    await check(client);
    await revoke(ann);
    advance(2_001);
    await expect(check(client)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('is refused at once where it was not asked for lately', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    await revoke(ann);
    await expect(check(client)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('says what its user may do now', async () => {
    const ann = await world.person();
    const client = await world.loggedIn(ann);
    const key = { pk: `USER#${ann.userId}`, sk: 'USER' };
    await ports.table.update(key, { text: 'SET #r = :v0', names: { '#r': 'role' }, values: ['superUser'] });
    expect(await check(client)).toMatchObject({ role: 'superUser' });
  });
});
