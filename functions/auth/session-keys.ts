import { base64 } from '../core/base64.ts';
import { branded } from '../core/branded.ts';
import type { UserId } from '../core/names.ts';

/**
 * The key strings of sessions, which clients parse: a version and four parts in base64, joined by dots. Ids and secrets
 * are base64 text themselves, so they are encoded twice. The expiry is a hint; only the stored one counts.
 */
export interface SessionKey {
  readonly userId: UserId;
  readonly sessionId: string;
  readonly secret: string;
}

const neverExpires = 'Infinity';
const longestPart = 512;

export function sessionKey(key: SessionKey, expireTimeMs: number | null): string {
  return written('vSK1', key, expireTimeMs);
}

/** The key with which clients sign connection tokens. HTTP requests do not accept it. */
export function connectionKey(key: SessionKey, expireTimeMs: number | null): string {
  return written('vCK1', key, expireTimeMs);
}

/** @returns undefined for a text that is no session key, including connection keys */
export function parseSessionKey(text: string): SessionKey | undefined {
  const [version, ...parts] = text.split('.');
  if (version !== 'vSK1' || parts.length !== 4) return undefined;
  if (parts.some((part) => part === '' || part.length > longestPart || !/^[A-Za-z0-9+/]+={0,2}$/.test(part))) {
    return undefined;
  }
  const [userId = '', sessionId = '', secret = '', expiry = ''] = parts.map((part) =>
    Buffer.from(part, 'base64').toString(),
  );
  if (expiry !== neverExpires && !/^\d{1,16}$/.test(expiry)) return undefined;
  return { userId: branded<UserId>(userId), sessionId, secret };
}

function written(version: string, { userId, sessionId, secret }: SessionKey, expireTimeMs: number | null): string {
  const expiry = expireTimeMs === null ? neverExpires : String(expireTimeMs);
  return [version, ...[userId, sessionId, secret, expiry].map(base64)].join('.');
}
