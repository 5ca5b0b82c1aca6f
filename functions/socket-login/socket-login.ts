import { identifyByToken } from '../auth/connection-tokens.ts';
import { introduceAnew } from '../branches/introducing.ts';
import type { Identity, SocketCaller } from '../core/caller.ts';
import type { Login } from '../core/connection.ts';
import { logIn } from '../core/connection-store.ts';
import { type Code, Failure, isPassingTrouble } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { loginRefusals, socketLoginContract } from './contract.ts';

/**
 * Logging in over a socket. A client with a session's token is that session's user, and loses the socket when the
 * session is revoked. All other clients are anonymous, with an id that they choose. A later login replaces an earlier
 * one.
 */
export const socketLogin = implement('socketLogin', socketLoginContract, {
  async login(ports, caller, { connectionToken, connectionId }) {
    try {
      const { login, identity } = connectionToken
        ? await signedIn(ports, connectionToken)
        : anonymous(ports, connectionId ?? '');
      await logIn(ports, caller.connection, login, identity, caller.frame.at);
      const before = caller.connection.login;
      if (before) await introduceAnew(ports, caller, login, before);
      const { userId, sessionId } = login;
      return success({ userId, sessionId, connectionId: login.connectionId });
    } catch (thrown) {
      if (thrown instanceof Failure && isRefusal(thrown.code)) return refusal(thrown.code, thrown);
      if (isPassingTrouble(thrown)) await startOver(ports, caller);
      throw thrown;
    }
  },
});

interface Who {
  readonly login: Login;
  readonly identity: Identity | undefined;
}

async function signedIn(ports: Ports, text: string): Promise<Who> {
  const { identity, token } = await identifyByToken(ports, text);
  const { userId, sessionId, connectionId, recordName, inst } = token;
  return { identity, login: { connectionId, userId, sessionId, scope: { recordName, inst } } };
}

/** The same limit as for the connection's id in a token. */
const longestId = 1_024;

function anonymous({ settings }: Ports, connectionId: string): Who {
  if (connectionId === '' || connectionId.length > longestId) {
    const wanted = `A login takes a connectionToken, or a connectionId of 1 to ${longestId} characters.`;
    throw new Failure('unacceptable_connection_id', wanted);
  }
  if (settings.requireSignIn) throw new Failure('not_logged_in', 'Sign-in is required here: give a connectionToken.');
  return { identity: undefined, login: { connectionId, userId: null, sessionId: null } };
}

/** A client that gets no login result waits for ever, but one whose socket closes reconnects. */
async function startOver({ gateway }: Ports, { connection }: SocketCaller): Promise<void> {
  await gateway.close(connection.id, 'goingAway');
}

const success = (info: { userId: string | null; sessionId: string | null; connectionId: string }) =>
  ({ type: 'login_result', success: true, info }) as const;

function refusal(errorCode: Refusal, { message: errorMessage, details }: Failure) {
  const { banReason } = details;
  const why = typeof banReason === 'string' ? { banReason } : {};
  return { type: 'login_result', success: false, errorCode, errorMessage, ...why } as const;
}

type Refusal = (typeof loginRefusals)[number];
const refusals: ReadonlySet<Code> = new Set(loginRefusals);
const isRefusal = (code: Code): code is Refusal => refusals.has(code);
