import { branded } from '../core/branded.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import { credentialIdsOf } from '../passkeys/authenticators.ts';
import type { SealedTokens } from './openid-tokens.ts';
import { connectionSecretOf, hashOfSessionSecret, randomSecret } from './secrets.ts';
import { connectionKey, sessionKey } from './session-keys.ts';
import { newSession, type Session } from './session-store.ts';

const sessionLifetimeMs = 14 * 24 * 60 * 60_000;

/** The origin of a session. */
export interface Origin {
  readonly ip: string;
  readonly requestId?: string;
  /** The login request, if a passkey answered it. */
  readonly webAuthnRequestId?: string;
  readonly previousSessionId?: string;
  readonly openId?: SealedTokens | undefined;
  /** Neither expires nor can be revoked. */
  readonly forever?: true;
}

/** A new session: the write that creates it, and the answer with its keys, which is sent only once. */
export async function startSession(
  { clock, ids, secrets, table }: Ports,
  userId: UserId,
  { ip, requestId, webAuthnRequestId, previousSessionId, openId, forever }: Origin,
): Promise<{ write: TransactWrite; sessionId: string; answer: SessionAnswer }> {
  const now = clock.now();
  const sessionId = randomSecret(ids);
  const secret = randomSecret(ids);
  const expireTimeMs = forever ? null : branded<EpochMs>(now + sessionLifetimeMs);
  const session: Session = {
    userId,
    sessionId,
    secretHash: hashOfSessionSecret(sessionId, secret),
    grantedTimeMs: now,
    expireTimeMs,
    ...(requestId === undefined ? {} : { requestId }),
    ...(webAuthnRequestId === undefined ? {} : { webAuthnRequestId }),
    ...(previousSessionId === undefined ? {} : { previousSessionId }),
    ipAddress: ip,
    ...(openId === undefined ? {} : { openId }),
    ...(forever ? { revocable: false } : {}),
  };
  const [connectionSecret, credentialIds] = await Promise.all([
    connectionSecretOf(secrets, sessionId),
    credentialIdsOf(table, userId),
  ]);
  return {
    write: newSession(session),
    sessionId,
    answer: {
      userId,
      sessionKey: sessionKey({ userId, sessionId, secret }, expireTimeMs),
      connectionKey: connectionKey({ userId, sessionId, secret: connectionSecret }, expireTimeMs),
      expireTimeMs,
      metadata: {
        hasUserAuthenticator: credentialIds.length > 0,
        userAuthenticatorCredentialIds: credentialIds,
        hasPushSubscription: false,
        pushSubscriptionIds: [],
      },
    },
  };
}

export interface SessionAnswer {
  readonly userId: UserId;
  readonly sessionKey: string;
  readonly connectionKey: string;
  readonly expireTimeMs: EpochMs | null;
  readonly metadata: {
    readonly hasUserAuthenticator: boolean;
    readonly userAuthenticatorCredentialIds: string[];
    readonly hasPushSubscription: boolean;
    readonly pushSubscriptionIds: string[];
  };
}
