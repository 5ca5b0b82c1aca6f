import type { Told } from '../auth/newcomers.ts';
import { clerkIssuer } from '../auth/trusted-issuers.ts';
import { branded } from '../core/branded.ts';
import { Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { EpochMs } from '../core/names.ts';

/** What became of a user. */
export type ClerkEvent =
  | { readonly kind: 'deleted'; readonly subject: string }
  | { readonly kind: 'is'; readonly told: Told };

const longestName = 256;

/** @returns undefined for what does not concern users @throws Failure `not_json` or `unacceptable_request` */
export function eventIn(text: string): ClerkEvent | undefined {
  const event = parseJson(text);
  if (!isObject(event)) throw new Failure('not_json', 'The body must be a JSON object.');
  const { type, data, timestamp } = event;
  if (type !== 'user.deleted' && type !== 'user.created' && type !== 'user.updated') return undefined;
  const subject = isObject(data) ? textIn(data.id) : undefined;
  if (!isObject(data) || subject === undefined) throw new Failure('unacceptable_request', 'data.id is missing.');
  if (type === 'user.deleted') return { kind: 'deleted', subject };
  const asOf = [data.updated_at, timestamp].find((at) => typeof at === 'number');
  return {
    kind: 'is',
    told: {
      issuer: clerkIssuer,
      subject,
      asOf: asOf === undefined ? undefined : branded<EpochMs>(Number(asOf)),
      name: nameIn(data),
      email: emailIn(data),
    },
  };
}

function nameIn({ first_name, last_name }: Readonly<Record<string, unknown>>): string | null {
  const names = [textIn(first_name), textIn(last_name)].filter((name) => name !== undefined);
  return names.length === 0 ? null : names.join(' ').slice(0, longestName);
}

/** The primary one, else the first. */
function emailIn({ email_addresses, primary_email_address_id }: Readonly<Record<string, unknown>>): Told['email'] {
  const all = Array.isArray(email_addresses) ? email_addresses.filter(isObject) : [];
  const found = all.find(({ id }) => id !== undefined && id === primary_email_address_id) ?? all[0];
  const address = textIn(found?.email_address);
  if (address === undefined) return undefined;
  const verification = found?.verification;
  return { address, isVerified: isObject(verification) && verification.status === 'verified' };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 1_000 ? value : undefined;
}
