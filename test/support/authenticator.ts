import { createHash, generateKeyPairSync, type JsonWebKey, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

/** The options that an authenticator and its browser use. */
interface Asked {
  readonly challenge: string;
  readonly rpId: string;
}

/** How an authenticator, its browser or an attacker in between may deviate. */
export interface Deviation {
  /** The page that the browser names as the one that asked. */
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly counter?: number;
  readonly userHandle?: string;
  /** Bits of the authenticator data; default: user present and verified. */
  readonly flags?: number;
  /** An attestation that nobody requested. */
  readonly attestation?: { readonly fmt: string; readonly attStmt: Map<string, unknown> };
}

const USER_IS_HERE = 0b0000_0101;
const HAS_CREDENTIAL = 0b0100_0000;

/**
 * A passkey in software (ES256), with a browser around it that shows pages of one origin. It makes what a real one
 * makes, with the attestation `none`, unless a test says otherwise.
 */
export function softwareAuthenticator(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  const credential = { id: text(id), rawId: text(id), type: 'public-key', clientExtensionResults: {} };
  let counter = 0;
  let holder: string | undefined;

  function authenticatorData({ rpId }: Asked, deviation: Deviation, attested: Uint8Array = new Uint8Array()): Buffer {
    const flags = (deviation.flags ?? USER_IS_HERE) | (attested.length > 0 ? HAS_CREDENTIAL : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(deviation.counter ?? counter);
    return Buffer.concat([sha256(deviation.rpId ?? rpId), Buffer.of(flags), count, attested]);
  }

  function clientData(type: string, { challenge }: Asked, deviation: Deviation): Buffer {
    const said = { type, challenge: deviation.challenge ?? challenge, origin: deviation.origin ?? origin };
    return Buffer.from(JSON.stringify({ ...said, crossOrigin: false }));
  }

  return {
    credentialId: credential.id,

    /** Responds to registration options. */
    register(options: { challenge: string; rp: { id: string }; user: { id: string } }, deviation: Deviation = {}) {
      const asked = { challenge: options.challenge, rpId: options.rp.id };
      holder = options.user.id;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([Buffer.alloc(16, 0xaa), length, id, coseOf(publicKey.export({ format: 'jwk' }))]);
      const { fmt, attStmt } = deviation.attestation ?? { fmt: 'none', attStmt: new Map() };
      const authData = new Uint8Array(authenticatorData(asked, deviation, attested));
      const attestationObject = cbor(
        new Map<string, unknown>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', authData],
        ]),
      );
      return {
        ...credential,
        response: {
          clientDataJSON: text(clientData('webauthn.create', asked, deviation)),
          attestationObject: text(attestationObject),
          transports: ['internal', 'hybrid'],
        },
      };
    },

    /** Responds to login options. */
    login(asked: Asked, deviation: Deviation = {}) {
      counter += 1;
      const data = authenticatorData(asked, deviation);
      const client = clientData('webauthn.get', asked, deviation);
      const userHandle = deviation.userHandle ?? holder;
      return {
        ...credential,
        response: {
          clientDataJSON: text(client),
          authenticatorData: text(data),
          signature: text(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
          ...(userHandle === undefined ? {} : { userHandle }),
        },
      };
    },
  };
}

export type SoftwareAuthenticator = ReturnType<typeof softwareAuthenticator>;

/** A P-256 key as COSE writes it: kind, algorithm, curve, coordinates. */
function coseOf({ x = '', y = '' }: JsonWebKey): Uint8Array {
  const bytes = (coordinate: string) => new Uint8Array(Buffer.from(coordinate, 'base64url'));
  return cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]),
  );
}

function cbor(value: Map<string | number, unknown>): Uint8Array {
  return isoCBOR.encode(value as Parameters<typeof isoCBOR.encode>[0]); // these maps hold only CBOR values
}

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
