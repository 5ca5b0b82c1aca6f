import { randomBytes } from 'node:crypto';

/** Ids, times and addresses in API Gateway's format. */

/** The id of a connection, a message or a request: 16 URL-safe characters ending in `=`, never used twice. */
export function newId(): string {
  return `${randomBytes(11).toString('base64url')}=`;
}

export function isId(text: string): boolean {
  return /^[A-Za-z0-9_-]{15}=$/.test(text);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `20/Nov/2026:21:04:05 +0000` */
export function logTime(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T');
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time.slice(0, 8)} +0000`;
}

export function traceId(epochMs: number): string {
  return `Root=1-${Math.floor(epochMs / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
}

/** An IPv4 address in its usual form, even if the socket uses IPv6. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined || address === '::1') return '127.0.0.1';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
