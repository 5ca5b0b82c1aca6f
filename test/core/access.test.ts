import { describe, expect, it } from '@jest/globals';
import { permit } from '../../functions/core/access.ts';
import { branded } from '../../functions/core/branded.ts';
import type { Caller, SocketCaller } from '../../functions/core/caller.ts';
import { findConnection } from '../../functions/core/connection-store.ts';
import type { Access } from '../../functions/core/contract.ts';
import { closingReason } from '../../functions/core/errors.ts';
import type { UserId } from '../../functions/core/names.ts';
import { readSettings } from '../../functions/core/settings.ts';
import { casualosWorld } from '../support/casualos.ts';
import type { Client } from '../support/sockets.ts';

const world = await casualosWorld();
const access: Access = { caller: 'login', scope: 'write' };

async function callerAt(client: Client): Promise<SocketCaller> {
  const connection = await findConnection(world.ports, client.id);
  if (!connection) throw new Error('the connection is gone');
  const frame = { requestId: 'request', at: world.ports.clock.now(), attempt: 1 };
  return { identity: connection.identity, ip: connection.ip, connection, frame };
}

describe('what takes a login', () => {
  it('is open to sockets that have logged in, as somebody or anonymously', async () => {
    const signedIn = await callerAt(await world.loggedIn(await world.person()));
    expect(signedIn.identity).toBeDefined();
    permit(access, signedIn, {}, world.ports.settings);
    permit(access, await callerAt(await world.loggedIn()), {}, readSettings({})); // whatever ANONYMOUS says
  });

  it('is closed to all others, however well they are known, and costs them their socket', async () => {
    const { sessionKey } = await world.person();
    const known = await world.connect({ path: '/websocket', query: { access_token: sessionKey } });
    const callers = [await callerAt(known), await callerAt(await world.open()), { identity: undefined, ip: '' }];
    for (const caller of callers) {
      expect(() => permit(access, caller, {}, world.ports.settings)).toThrow(
        expect.objectContaining({ code: 'invalid_connection_state' }),
      );
    }
    expect(closingReason({ code: 'invalid_connection_state' })).toBe('notLoggedIn');
  });
});

describe('a credential of one project or instance', () => {
  const credential = { kind: 'apiKey', id: 'key', scopes: ['read', 'write', 'admin'], expiresAt: null } as const;
  const holding = (more: object): Caller => ({
    ip: '',
    identity: { userId: branded<UserId>('ada'), role: 'none', credential: { ...credential, ...more } },
  });
  const narrow = [holding({ reach: { type: 'project', id: 'p' } }), holding({ atMost: 'admin' })];
  const trying = (access: Access, caller: Caller) => () => permit(access, caller, {}, world.ports.settings);

  it('counts within instances, and nowhere else, be it where anybody may', () => {
    for (const caller of narrow) {
      trying({ caller: 'user', scope: 'admin', within: 'instances' }, caller)();
      for (const who of ['user', 'anyone'] as const) {
        expect(trying({ caller: who, scope: 'read' }, caller)).toThrow(
          expect.objectContaining({ code: 'not_authorized' }),
        );
      }
    }
  });
});
