import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { AuthIssuer } from '../core/settings.ts';
import { keySetOf } from './key-sets.ts';

/** What a verified token says of its bearer. */
export interface Claims {
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

/** How far clocks may disagree on when a token was made. */
const skewSeconds = 60;
const longestSubject = 255;

export function looksLikeJwt(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
}

/**
 * Verifies a token against the configured issuer that it names: signature (RS256 and nothing else), audience, times.
 * @throws Failure `invalid_key`; `service_unavailable` while the issuer's keys cannot be had
 */
export async function verifyJwt(text: string, issuers: readonly AuthIssuer[], now: EpochMs): Promise<Claims> {
  try {
    const named = decodeJwt(text).iss;
    const issuer = issuers.find((one) => one.issuer === named);
    if (!issuer) throw new Failure('invalid_key', 'The token is from an issuer that is not accepted here.');
    const { payload } = await jwtVerify(text, keySetOf(issuer), {
      issuer: issuer.issuer,
      ...(issuer.audience === undefined ? {} : { audience: issuer.audience }),
      algorithms: ['RS256'],
      requiredClaims: ['sub', 'exp'],
      clockTolerance: skewSeconds,
      currentDate: new Date(now),
    });
    return claimsOf(payload, issuer, now);
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw expired();
    if (error instanceof errors.JOSEError) throw new Failure('invalid_key', 'The token is not valid.');
    throw error;
  }
}

function claimsOf(payload: JWTPayload, issuer: AuthIssuer, now: EpochMs): Claims {
  const { sub = '', exp = 0, iat = 0, jti } = payload;
  // The library is lenient with both ends of a token's life; only its beginning may lie a little ahead.
  if (exp * 1000 <= now) throw expired();
  if (iat * 1000 > now + skewSeconds * 1000) throw new Failure('invalid_key', 'The token is from the future.');
  if (sub === '' || sub.length > longestSubject) throw new Failure('invalid_key', 'The token names no subject.');
  const fullName = [text(payload.given_name), text(payload.family_name)].filter((part) => part !== undefined).join(' ');
  return {
    issuer: issuer.issuer,
    subject: sub,
    id: text(jti) ?? sub,
    expiresAt: branded<EpochMs>(Math.floor(exp * 1000)),
    provider: issuer.provider ?? providerOf(issuer.issuer),
    name: text(payload.name) ?? text(fullName),
    email: text(payload.email) ?? text(payload.preferred_username),
    emailVerified: payload.email_verified === true && text(payload.email) !== undefined,
  };
}

function expired(): Failure {
  return new Failure('invalid_key', 'The token has expired.');
}

function providerOf(issuer: string): string {
  if (issuer.includes('accounts.google.com')) return 'google';
  if (issuer.includes('login.microsoftonline.com')) return 'microsoft';
  return 'custom';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 256 ? value : undefined;
}
