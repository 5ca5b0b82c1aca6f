import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { type TrustedIssuer, trustedIssuer } from './trusted-issuers.ts';

/** The claims of a verified token. */
export interface Claims {
  /** The issuer's name here. */
  readonly issuer: string;
  /** Unique at the issuer. */
  readonly subject: string;
  /** Names the token, or its subject where it has no name. */
  readonly id: string;
  readonly expiresAt: EpochMs;
  readonly provider: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** Whether the issuer has checked that the address is the subject's. */
  readonly emailVerified: boolean;
}

/** How far clocks may differ for a token's start. */
const skewSeconds = 60;
const longestSubject = 255;

export function looksLikeJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/**
 * Verifies a token of a trusted issuer: signature (RS256 and nothing else), issuer, audience, authorized party, times.
 * @throws Failure `invalid_key`; `service_unavailable` while the issuer's keys cannot be fetched
 */
export async function verifyJwt(ports: Pick<Ports, 'settings' | 'secrets' | 'clock'>, text: string): Promise<Claims> {
  const now = ports.clock.now();
  try {
    const issuer = trustedIssuer(ports, decodeJwt(text).iss, now);
    if (!issuer) throw invalid('Invalid issuer');
    const { payload } = await jwtVerify(text, issuer.keys, {
      ...(issuer.issuer === undefined ? {} : { issuer: issuer.issuer }),
      ...(issuer.audience === undefined ? {} : { audience: issuer.audience }),
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: skewSeconds,
      currentDate: new Date(now),
    });
    return claimsOf(payload, issuer, now);
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new ExpiredToken();
    throw error instanceof errors.JOSEError ? invalid(reasonOf(error)) : error;
  }
}

function claimsOf(payload: JWTPayload, { name, provider, authorizedParties }: TrustedIssuer, now: EpochMs): Claims {
  const { sub = '', exp = 0, iat = 0, jti, azp } = payload;
  // The library tolerates clock skew at both ends; only the start of a token may be a little in the future.
  if (exp * 1000 <= now) throw new ExpiredToken();
  if (iat * 1000 > now + skewSeconds * 1000) throw invalid('Token not valid yet');
  if (sub === '' || sub.length > longestSubject) throw invalid('Invalid token');
  if (authorizedParties.length > 0 && !(typeof azp === 'string' && authorizedParties.includes(azp))) {
    throw invalid('Invalid authorized party');
  }
  const fullName = [text(payload.given_name), text(payload.family_name)].filter((part) => part !== undefined).join(' ');
  return {
    issuer: name,
    subject: sub,
    id: text(jti) ?? sub,
    expiresAt: branded<EpochMs>(Math.floor(exp * 1000)),
    provider,
    name: text(payload.name) ?? text(fullName),
    email: text(payload.email) ?? text(payload.preferred_username),
    emailVerified: payload.email_verified === true && text(payload.email) !== undefined,
  };
}

/** An expired token. It has its own class for clients that distinguish expired from invalid ones. */
export class ExpiredToken extends Failure {
  constructor() {
    super('invalid_key', 'Token expired');
  }
}

/** The reason, in the few words that clients show. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'Invalid signature';
  const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined;
  if (claim === 'iss') return 'Invalid issuer';
  if (claim === 'aud') return 'Invalid audience';
  return claim === 'nbf' ? 'Token not valid yet' : 'Invalid token';
}

function invalid(reason: string): Failure {
  return new Failure('invalid_key', reason);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
}
