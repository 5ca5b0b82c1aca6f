import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer, TimeMs, UserId } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Passkeys: registering one for the signed-in user, and signing in with it. Options and responses are the JSON forms of
 * the browser's own API, in which bytes are base64url text. Both exchanges have two steps: options with a challenge, and a
 * response in which an authenticator has signed it.
 */

/** Of an id of up to 1,023 bytes. */
const CredentialId = () =>
  z.string().check(z.minLength(1), z.maxLength(1_364), z.describe('Names a passkey; given by its authenticator.'));
const Bytes = (most: number, what: string) =>
  z.string().check(z.maxLength(most), z.describe(`${what}, as base64url text.`));
const Transports = () =>
  z
    .array(z.string().check(z.maxLength(32)))
    .check(z.maxLength(16), z.describe('How the authenticator is reached, e.g. `internal`, `usb`.'));
const ClientData = () => Bytes(8_192, 'What the browser says it was asked for');

/** What every response has. */
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
      attestationObject: Bytes(65_536, 'The new key and what its authenticator says of itself'),
      transports: z.nullish(Transports()),
    }),
  });
export type RegistrationResponse = z.output<ReturnType<typeof RegistrationResponse>>;

const LoginResponse = () =>
  z.object({
    ...credential(),
    response: z.object({
      clientDataJSON: ClientData(),
      authenticatorData: Bytes(16_384, 'What the authenticator says'),
      signature: Bytes(8_192, 'Of both'),
      userHandle: z.nullish(z.string().check(z.maxLength(512), z.describe('The user id of the registration.'))),
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
      .check(z.describe('The passkeys that the user has already.')),
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
    aaguid: z.string().check(z.describe('The make of its authenticator.')),
    userId: UserId(),
    credentialId: CredentialId(),
    credentialDeviceType: z
      .enum(['singleDevice', 'multiDevice'])
      .check(z.describe('Whether it may live on several devices.')),
    credentialBackedUp: z.boolean(),
    counter: z.int().check(z.describe('Uses that the authenticator counts; 0 where it does not.')),
    transports: Transports(),
    registeringUserAgent: z.nullable(z.string()),
    createdAtMs: TimeMs(),
  });

const anyone = { caller: 'anyone', scope: 'none' } as const;
const signedIn = { caller: 'user', scope: 'none' } as const;
/** Verifying attestations takes a library of its own weight. */
const runsIn = 'passkeys';
/** No relying party is configured, or none of them has the page that asks. */
const partyErrors = ['not_supported', 'invalid_origin', ...credentialErrors] as const;

export const passkeysContract = {
  operations: {
    getWebAuthnRegistrationOptions: operation({
      summary: 'What a browser needs to make a passkey for the caller. The newest challenge counts, for ten minutes.',
      input: () => z.unknown(),
      output: () => z.object({ options: RegistrationOptions() }),
      access: signedIn,
      errors: ['not_logged_in', 'user_not_found', ...partyErrors],
      http: { method: 'GET', path: '/api/v2/webauthn/register/options' },
      procedure: { name: 'getWebAuthnRegistrationOptions', origins: 'account' },
      runsIn,
    }),
    registerWebAuthn: operation({
      summary: 'Keep a passkey that was made with the options. A challenge is good for one passkey.',
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
        'What a browser needs to sign somebody in with a passkey; good for five minutes, once, from where it was asked for.',
      input: () => z.unknown(),
      output: () => z.object({ requestId: z.string(), options: LoginOptions() }),
      access: anyone,
      errors: partyErrors,
      http: { method: 'GET', path: '/api/v2/webauthn/login/options' },
      procedure: { name: 'getWebAuthnLoginOptions', origins: 'account' },
      runsIn,
    }),
    completeWebAuthnLogin: operation({
      summary: 'Exchange what a passkey signed for a session.',
      input: () => z.object({ requestId: z.string().check(z.maxLength(256)), response: LoginResponse() }),
      output: SessionAnswer,
      access: anyone,
      errors: ['invalid_request', ...partyErrors],
      http: { method: 'POST', path: '/api/v2/webauthn/login' },
      procedure: { name: 'completeWebAuthnLogin', origins: 'account' },
      runsIn,
    }),
    listUserAuthenticators: operation({
      summary: 'The passkeys of the caller, oldest first.',
      input: () => z.unknown(),
      output: () => z.object({ authenticators: z.array(Authenticator()) }),
      access: signedIn,
      errors: ['not_logged_in', ...credentialErrors],
      http: { method: 'GET', path: '/api/v2/webauthn/authenticators' },
      procedure: { name: 'listUserAuthenticators', origins: 'account' },
      runsIn,
    }),
    deleteUserAuthenticator: operation({
      summary: 'Forget a passkey of the caller: nobody signs in with it any more. Sessions it has begun go on.',
      input: () =>
        z.object({
          authenticatorId: z.string().check(z.maxLength(256), z.describe('Its `id` in the list.')),
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
