import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer, TimeMs, UserId } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Passkeys: registering one for the signed-in user, and signing in with it. Options and responses have the JSON form of
 * the browser's WebAuthn API, with bytes as base64url text. Both exchanges have two steps: the server sends options
 * with a challenge, and the client sends back the challenge signed by an authenticator.
 */

/** The base64url text of an id of up to 1,023 bytes. */
const CredentialId = () =>
  z.string().check(z.minLength(1), z.maxLength(1_364), z.describe('Id of a passkey, chosen by its authenticator.'));
const Bytes = (most: number, what: string) =>
  z.string().check(z.maxLength(most), z.describe(`${what}, as base64url text.`));
const Transports = () =>
  z
    .array(z.string().check(z.maxLength(32)))
    .check(z.maxLength(16), z.describe('How the browser reaches the authenticator, e.g. `internal`, `usb`.'));
const ClientData = () => Bytes(8_192, 'The browser’s account of the request that it answers');

/** Fields of every response. */
const credential = () => ({
  id: CredentialId(),
  rawId: CredentialId(),
  type: z.literal('public-key'),
  authenticatorAttachment: z.nullish(z.string().check(z.maxLength(32))),
  clientExtensionResults: z.optional(z.unknown()),
});

const RegistrationResponse = () =>
  z.object({
    ...credential(),
    response: z.object({
      clientDataJSON: ClientData(),
      attestationObject: Bytes(65_536, 'The new public key, and the authenticator’s statement about itself'),
      transports: z.nullish(Transports()),
    }),
  });
export type RegistrationResponse = z.output<ReturnType<typeof RegistrationResponse>>;

const LoginResponse = () =>
  z.object({
    ...credential(),
    response: z.object({
      clientDataJSON: ClientData(),
      authenticatorData: Bytes(16_384, 'The authenticator’s data'),
      signature: Bytes(8_192, 'Signature over both'),
      userHandle: z.nullish(z.string().check(z.maxLength(512), z.describe('The user id from the registration.'))),
    }),
  });
export type LoginResponse = z.output<ReturnType<typeof LoginResponse>>;

const RegistrationOptions = () =>
  z.object({
    challenge: z.string(),
    rp: z.object({ name: z.string(), id: z.string() }),
    user: z.object({ id: UserId(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int().check(z.describe('Milliseconds.')),
    attestation: z.literal('none'),
    excludeCredentials: z
      .array(z.object({ id: CredentialId(), type: z.literal('public-key'), transports: Transports() }))
      .check(z.describe('The passkeys that the user already has.')),
    authenticatorSelection: z.object({
      residentKey: z.literal('preferred'),
      requireResidentKey: z.literal(false),
      userVerification: z.literal('preferred'),
      authenticatorAttachment: z.literal('platform'),
    }),
  });

const LoginOptions = () =>
  z.object({
    challenge: z.string(),
    timeout: z.int().check(z.describe('Milliseconds.')),
    userVerification: z.literal('preferred'),
    rpId: z.string(),
  });

const Authenticator = () =>
  z.object({
    id: z.string(),
    aaguid: z.string().check(z.describe('Identifies the authenticator’s model.')),
    userId: UserId(),
    credentialId: CredentialId(),
    credentialDeviceType: z
      .enum(['singleDevice', 'multiDevice'])
      .check(z.describe('Whether the passkey may be on several devices.')),
    credentialBackedUp: z.boolean(),
    counter: z.int().check(z.describe('Number of uses, as the authenticator counts them; 0 if it does not count.')),
    transports: Transports(),
    registeringUserAgent: z.nullable(z.string()),
    createdAtMs: TimeMs(),
  });

const anyone = { caller: 'anyone', scope: 'none' } as const;
const signedIn = { caller: 'user', scope: 'none' } as const;
/** A separate function, because verifying attestations needs a large library. */
const runsIn = 'passkeys';
/** `not_supported`: no relying party is configured. `invalid_origin`: none of them has the calling page's origin. */
const partyErrors = ['not_supported', 'invalid_origin', ...credentialErrors] as const;

export const passkeysContract = {
  operations: {
    getWebAuthnRegistrationOptions: operation({
      summary:
        'Get the options with which a browser creates a passkey for the caller. Only the newest challenge is valid, for ten minutes.',
      input: () => z.unknown(),
      output: () => z.object({ options: RegistrationOptions() }),
      access: signedIn,
      errors: ['not_logged_in', 'user_not_found', ...partyErrors],
      http: { method: 'GET', path: '/api/v2/webauthn/register/options' },
      procedure: { name: 'getWebAuthnRegistrationOptions', origins: 'account' },
      runsIn,
    }),
    registerWebAuthn: operation({
      summary: 'Store a passkey that a browser created with the options. Each challenge works for one passkey.',
      input: () => z.object({ response: RegistrationResponse() }),
      output: () => z.object({}),
      access: signedIn,
      errors: ['not_logged_in', ...partyErrors],
      http: { method: 'POST', path: '/api/v2/webauthn/register' },
      procedure: { name: 'registerWebAuthn', origins: 'account' },
      runsIn,
    }),
    getWebAuthnLoginOptions: operation({
      summary:
        'Get the options with which a browser signs a user in with a passkey. They work once, for five minutes, and only from the same IP address.',
      input: () => z.unknown(),
      output: () => z.object({ requestId: z.string(), options: LoginOptions() }),
      access: anyone,
      errors: partyErrors,
      http: { method: 'GET', path: '/api/v2/webauthn/login/options' },
      procedure: { name: 'getWebAuthnLoginOptions', origins: 'account' },
      runsIn,
    }),
    completeWebAuthnLogin: operation({
      summary: 'Exchange a challenge that a passkey has signed for a session.',
      input: () => z.object({ requestId: z.string().check(z.maxLength(256)), response: LoginResponse() }),
      output: SessionAnswer,
      access: anyone,
      errors: ['invalid_request', ...partyErrors],
      http: { method: 'POST', path: '/api/v2/webauthn/login' },
      procedure: { name: 'completeWebAuthnLogin', origins: 'account' },
      runsIn,
    }),
    listUserAuthenticators: operation({
      summary: 'List the caller’s passkeys, oldest first.',
      input: () => z.unknown(),
      output: () => z.object({ authenticators: z.array(Authenticator()) }),
      access: signedIn,
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/v2/webauthn/authenticators' },
      procedure: { name: 'listUserAuthenticators', origins: 'account' },
      runsIn,
    }),
    deleteUserAuthenticator: operation({
      summary:
        'Delete one of the caller’s passkeys, so that nobody can sign in with it. Sessions that it started stay valid.',
      input: () =>
        z.object({
          authenticatorId: z.string().check(z.maxLength(256), z.describe('The passkey’s `id` in the list.')),
        }),
      output: () => z.object({}),
      access: signedIn,
      errors: ['not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/webauthn/authenticators/delete' },
      procedure: { name: 'deleteUserAuthenticator', origins: 'account' },
      runsIn,
    }),
  },
  pushes: {},
};
