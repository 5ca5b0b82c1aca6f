import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject, decodeClientDataJSON } from '@simplewebauthn/server/helpers';
import { isOrigin } from '../core/origins.ts';
import type { RelyingParty } from '../core/settings.ts';
import type { LoginResponse, RegistrationResponse } from './contract.ts';
import type { Passkey } from './passkey-store.ts';

/** What a response must match. */
export interface Expected {
  readonly challenge: string;
  readonly party: RelyingParty;
}

/** The algorithms that authenticators may use: EdDSA, ES256 and RS256, in order of preference. */
export const algorithms = [-8, -7, -257] as const;

/** The verified properties of a new passkey. */
export type Proven = Pick<
  Passkey,
  'credentialId' | 'publicKey' | 'counter' | 'aaguid' | 'credentialDeviceType' | 'credentialBackedUp'
>;

/** @throws Error that says what is wrong with the response */
export async function proveRegistration(sent: RegistrationResponse, expected: Expected): Promise<Proven> {
  const { id, rawId, type, response } = sent;
  refuseCertificates(response.attestationObject);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { id, rawId, type, response: withoutTransports(response), clientExtensionResults: {} },
    ...expectations(response, expected),
    supportedAlgorithmIDs: [...algorithms],
  });
  if (!verified) throw new Error('The attestation does not hold.');
  const { credential, aaguid, credentialDeviceType, credentialBackedUp } = registrationInfo;
  if (credential.id !== id) throw new Error('The credential has another id.');
  return {
    credentialId: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    aaguid,
    credentialDeviceType,
    credentialBackedUp,
  };
}

/**
 * @returns the authenticator's counter, which has increased since the last use; 0 if it does not count
 * @throws Error that says what is wrong with the response
 */
export async function proveUse(sent: LoginResponse, expected: Expected, passkey: Passkey): Promise<number> {
  const { id, rawId, type, response } = sent;
  const { clientDataJSON, authenticatorData, signature } = response;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: {
      id,
      rawId,
      type,
      response: { clientDataJSON, authenticatorData, signature },
      clientExtensionResults: {},
    },
    ...expectations(response, expected),
    credential: {
      id: passkey.credentialId,
      publicKey: new Uint8Array(passkey.publicKey),
      counter: passkey.counter,
    },
  });
  if (!verified) throw new Error('The signature does not hold.');
  return authenticationInfo.newCounter;
}

function expectations({ clientDataJSON }: { readonly clientDataJSON: string }, { challenge, party }: Expected) {
  const { origin } = decodeClientDataJSON(clientDataJSON);
  return {
    expectedChallenge: challenge,
    expectedOrigin: isOrigin(party.origin, origin) ? origin : party.origin,
    expectedRPID: party.id,
    // User verification is preferred, not required, because some authenticators cannot verify users.
    requireUserVerification: false,
  };
}

/**
 * We request no attestation. Certificates are refused unread: verifying them would make us fetch revocation lists from
 * URLs that the client chooses.
 */
function refuseCertificates(attestationObject: string): void {
  const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format = decoded.get('fmt');
  const isPlain = format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined);
  if (!isPlain) throw new Error('An attestation with certificates was sent, and none was asked for.');
}

function withoutTransports({ clientDataJSON, attestationObject }: RegistrationResponse['response']) {
  return { clientDataJSON, attestationObject };
}
