import { postOwed } from '../connections/owed.ts';
import { together } from '../core/concurrently.ts';
import { replaceIdentity } from '../core/connection-store.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import { endAll, introduceAnew } from '../queries/session.ts';
import { signedInAnew, unsubscribeAll } from '../rules/subscriptions.ts';
import { systemFrame } from '../wire/noex-frames.ts';
import { socketAuthContract } from './contract.ts';
import { sessionOf } from './session.ts';
import { identityShown } from './shown.ts';

/** Signing in and out over a socket. After a failed sign-in the earlier session stays. */
export const socketAuth = implement('socketAuth', socketAuthContract, {
  async login(ports, { connection }, { token }) {
    const identity = await identityShown(ports, token);
    const session = sessionOf(ports, identity);
    if (!session) throw new Failure('not_logged_in', 'The token does not hold.');
    const signedIn = await replaceIdentity(ports, connection.id, identity);
    if (signedIn) await together([signedInAnew(ports, signedIn), introduceAnew(ports, signedIn)]);
    const { userId, roles, expiresAt } = session;
    return { userId, roles: [...roles], expiresAt };
  },

  async logout(ports, { connection }) {
    const signedOut = await replaceIdentity(ports, connection.id, undefined);
    for (const subscriptionId of signedOut ? await unsubscribeAll(ports, signedOut) : []) {
      const frame = systemFrame('subscription_ended', { subscriptionId, reason: 'logout' });
      await postOwed(ports, connection, frame);
    }
    if (signedOut) await endAll(ports, signedOut);
    return { loggedOut: true } as const;
  },

  async whoami(ports, { identity }) {
    const session = sessionOf(ports, identity);
    if (!session) return { authenticated: false as const };
    const { userId, roles, expiresAt } = session;
    return { authenticated: true as const, userId, roles: [...roles], expiresAt };
  },
});
