import { isAllowed, isWellFormed } from '../auth/addresses.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { type Checked, checkDisplayName, checkEmail } from './checks.ts';

/**
 * Whether an address or a display name is acceptable. Forms call this while a user types. Without Privo, our own rules
 * decide.
 */

export async function isEmailValid(ports: Ports, _caller: Caller, { email }: { readonly email: string }) {
  const { privo, addressRules } = ports.settings;
  if (!isWellFormed('email', email) || !isAllowed(email, addressRules)) return { allowed: false };
  return privo ? told(await checkEmail(ports, privo, email)) : { allowed: true };
}

export async function isDisplayNameValid(
  ports: Ports,
  _caller: Caller,
  { displayName, name }: { readonly displayName: string; readonly name?: string | null | undefined },
) {
  const { privo } = ports.settings;
  if (name && containsName(displayName, name)) return { allowed: false, containsName: true };
  if (displayName === '') return { allowed: false, containsName: false };
  const checked = privo ? told(await checkDisplayName(ports, privo, displayName)) : { allowed: true };
  return { ...checked, containsName: false };
}

/** Ignores upper and lower case. */
export function containsName(displayName: string, name: string): boolean {
  return displayName.toLowerCase().includes(name.trim().toLowerCase());
}

function told({ isAvailable, suggestions, profanity }: Checked) {
  return {
    allowed: isAvailable && profanity !== true,
    ...(suggestions ? { suggestions } : {}),
    ...(profanity === undefined ? {} : { profanity }),
  };
}
