import * as z from 'zod/mini';
import { operation } from '../core/contract.ts';

/**
 * Signing in with a code sent to an address, managing sessions, and reading and changing a user's profile. Times are
 * milliseconds since 1970. The schemas accept empty strings where clients expect an error code that names the field.
 */

export const UserId = () => z.string().check(z.maxLength(256), z.describe('Id of a user.'));
const SessionId = () => z.string().check(z.maxLength(256), z.describe('Names a session. It is no credential.'));
export const TimeMs = () => z.int().check(z.describe('Milliseconds since 1970.'));

/** The answer to every successful sign-in. */
export const SessionAnswer = () =>
  z.object({
    userId: UserId(),
    sessionKey: z
      .string()
      .check(z.describe('Credential of the session: for HTTP requests, socket upgrades and `join_room`.')),
    connectionKey: z
      .string()
      .check(z.describe('Secret with which clients sign connection tokens. HTTP requests do not accept it.')),
    expireTimeMs: z.nullable(TimeMs()),
    metadata: z.object({
      hasUserAuthenticator: z.boolean(),
      userAuthenticatorCredentialIds: z.array(z.string()),
      hasPushSubscription: z.boolean(),
      pushSubscriptionIds: z.array(z.string()),
    }),
  });

const Session = () =>
  z.object({
    userId: UserId(),
    sessionId: SessionId(),
    grantedTimeMs: TimeMs(),
    expireTimeMs: z.nullable(TimeMs()),
    revokeTimeMs: z.nullable(TimeMs()),
    currentSession: z.boolean(),
    ipAddress: z.nullable(z.string()),
    nextSessionId: z.nullable(SessionId()),
  });

const WebAddress = () => z.url({ protocol: /^https?$/ }).check(z.maxLength(2_048));

/**
 * Signing in needs no credential, because it is how a user gets one. All else needs a session or a JWT; API keys are
 * refused.
 */
const anyone = { caller: 'anyone', scope: 'none' } as const;
const signedIn = { caller: 'user', scope: 'none' } as const;

/** Errors that any request with a credential may get. */
export const credentialErrors = [
  'unacceptable_session_key',
  'invalid_key',
  'session_expired',
  'user_is_banned',
] as const;

export const authContract = {
  operations: {
    requestLogin: operation({
      summary: 'Send a sign-in code to an address. The answer is the same for known and new addresses.',
      input: () =>
        z.object({
          address: z
            .string()
            .check(
              z.maxLength(1_000),
              z.describe(
                'Where the server sends the code: an email address of up to 200 characters, or a phone number of up to 30.',
              ),
            ),
          addressType: z.enum(['email', 'phone']),
          loginStudioId: z
            .optional(z.string().check(z.maxLength(256)))
            .check(z.describe('Sign in to the accounts of a studio.')),
          comId: z
            .optional(z.string().check(z.maxLength(256)))
            .check(z.describe('Sign in to the accounts of the studio with this name.')),
          customDomain: z
            .optional(z.string().check(z.maxLength(256)))
            .check(z.describe('Ignored unless it is a verified domain of a studio.')),
        }),
      output: () =>
        z.object({
          userId: UserId(),
          requestId: z.string(),
          address: z.string(),
          addressType: z.enum(['email', 'phone']),
          expireTimeMs: TimeMs(),
        }),
      access: anyone,
      errors: [
        'unacceptable_address',
        'address_type_not_supported',
        'not_found',
        'user_is_banned',
        ...credentialErrors,
      ],
      http: { method: 'POST', path: '/api/v2/login' },
      procedure: { name: 'requestLogin', origins: 'account' },
    }),
    completeLogin: operation({
      summary:
        'Exchange a sign-in code for a session. A code works once, allows five tries, and only works from the IP address that requested it.',
      input: () =>
        z.object({
          userId: UserId(),
          requestId: z.string().check(z.maxLength(256)),
          code: z.string().check(z.maxLength(256), z.describe('Six digits.')),
        }),
      output: SessionAnswer,
      access: anyone,
      errors: [
        'unacceptable_user_id',
        'unacceptable_request_id',
        'unacceptable_code',
        'invalid_request',
        'invalid_code',
        ...credentialErrors,
      ],
      http: { method: 'POST', path: '/api/v2/completeLogin' },
      procedure: { name: 'completeLogin', origins: 'account' },
    }),
    listSessions: operation({
      summary: 'List up to ten sessions of a user, starting with the one that expires last.',
      input: () =>
        z.object({
          expireTimeMs: z
            .optional(z.coerce.number().check(z.int(), z.minimum(0)))
            .check(z.describe('Continue the list after the session with this `expireTimeMs`.')),
          userId: z.optional(UserId()).check(z.describe('Whose sessions; default: the caller’s.')),
        }),
      output: () => z.object({ sessions: z.array(Session()) }),
      access: { ...signedIn, own: { field: 'userId', roles: ['superUser', 'system'], refusal: 'invalid_key' } },
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/v2/sessions' },
      procedure: { name: 'listSessions', origins: 'account' },
    }),
    replaceSession: operation({
      summary:
        'Replace the session by a new one. The old key stops working at once; of several parallel calls only one succeeds.',
      input: () => z.unknown(),
      output: SessionAnswer,
      access: signedIn,
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/replaceSession' },
      procedure: { name: 'replaceSession', origins: 'account' },
    }),
    revokeSession: operation({
      summary:
        'Revoke one of the caller’s sessions, named by its key or by its ids. The server closes its sockets within seconds.',
      input: () =>
        z.object({
          sessionKey: z.optional(z.string().check(z.maxLength(2_048))),
          userId: z.optional(UserId()),
          sessionId: z.optional(SessionId()),
        }),
      output: () =>
        z.object({
          logoutUrl: z.optional(z.string()).check(z.describe('Where to sign out at the identity provider.')),
        }),
      access: signedIn,
      errors: [
        'unacceptable_user_id',
        'unacceptable_session_id',
        'session_not_found',
        'session_already_revoked',
        'session_is_not_revokable',
        'not_logged_in',
        ...credentialErrors,
      ],
      http: { method: 'POST', path: '/api/v2/revokeSession' },
      procedure: { name: 'revokeSession', origins: 'account' },
    }),
    revokeAllSessions: operation({
      summary: 'Revoke all sessions of the caller, including the one that makes this request.',
      input: () => z.object({ userId: UserId() }),
      output: () => z.object({}),
      access: { ...signedIn, own: { field: 'userId', roles: [], refusal: 'invalid_key' } },
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/revokeAllSessions' },
      procedure: { name: 'revokeAllSessions', origins: 'account' },
    }),
    logout: operation({
      summary: 'Revoke the session whose key this request carries.',
      input: () => z.unknown(),
      output: () => z.object({}),
      access: signedIn,
      errors: ['session_is_not_revokable', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/logout' },
    }),
    createAccount: operation({
      summary:
        'Create a user without an address, and a session of it that neither expires nor can be revoked. For super users only.',
      input: () => z.object({}),
      output: SessionAnswer,
      access: signedIn,
      errors: ['not_authorized', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/createAccount' },
      procedure: { name: 'createAccount', origins: 'account' },
    }),
    getUserInfo: operation({
      summary: 'Read a user’s profile, subscription, role and privacy features.',
      input: () => z.object({ userId: UserId() }),
      output: () =>
        z.object({
          name: z.optional(z.string()),
          avatarUrl: z.optional(z.string()),
          avatarPortraitUrl: z.optional(z.string()),
          email: z.nullable(z.string()),
          phoneNumber: z.nullable(z.string()),
          hasActiveSubscription: z.boolean(),
          subscriptionTier: z.nullable(z.string()),
          privacyFeatures: z.object({
            publishData: z.boolean(),
            allowPublicData: z.boolean(),
            allowAI: z.boolean(),
            allowPublicInsts: z.boolean(),
          }),
          displayName: z.nullable(z.string()),
          role: z.enum(['none', 'moderator', 'superUser', 'system']),
        }),
      access: { ...signedIn, own: { field: 'userId', roles: ['superUser', 'system'], refusal: 'not_authorized' } },
      errors: ['not_authorized', 'user_not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/{userId}/metadata' },
      procedure: { name: 'getUserInfo', origins: 'account' },
    }),
    updateUserInfo: operation({
      summary:
        'Change the caller’s public profile. Fields that are absent or null stay as they are; addresses cannot be changed here.',
      input: () =>
        z.object({
          userId: UserId(),
          name: z.nullish(z.string().check(z.minLength(1), z.maxLength(256))),
          avatarUrl: z.nullish(WebAddress()),
          avatarPortraitUrl: z.nullish(WebAddress()),
          email: z
            .nullish(z.email().check(z.maxLength(200)))
            .check(z.describe('Must be the one that is stored already.')),
          phoneNumber: z
            .nullish(z.string().check(z.maxLength(30)))
            .check(z.describe('Must be the one that is stored already.')),
        }),
      output: () => z.object({ userId: UserId() }),
      access: { ...signedIn, own: { field: 'userId', roles: [], refusal: 'invalid_key' } },
      errors: ['user_not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'PUT', path: '/api/{userId}/metadata' },
    }),
  },
  pushes: {},
};
