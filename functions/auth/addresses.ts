import { Failure } from '../core/errors.ts';
import type { AddressRule } from '../core/settings.ts';

export type AddressType = 'email' | 'phone';

const longest: Record<AddressType, number> = { email: 200, phone: 30 };

/**
 * Addresses that messages can be sent to: an email address without blanks, or a phone number with country code (E.164)
 * in any grouping.
 */
const shape: Record<AddressType, RegExp> = {
  email: /^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u,
  phone: /^\+[ (]*[1-9](?:[ ().-]*\d){4,14}[ ).-]*$/,
};

const spelled: Record<AddressType, string> = {
  email: 'mail address',
  phone: 'phone number that begins with + and its country code,',
};

/** @throws Failure `unacceptable_address` */
export function checkShape(type: AddressType, address: string): void {
  if (isWellFormed(type, address)) return;
  const right = `a ${spelled[type]} of at most ${longest[type]} characters`;
  throw new Failure('unacceptable_address', `The address must be ${right}.`);
}

export function isWellFormed(type: AddressType, address: string): boolean {
  return address.length <= longest[type] && shape[type].test(address);
}

/** The canonical spelling of an address. */
export function canonical(type: AddressType, address: string): string {
  return type === 'email' ? address.toLowerCase() : address.replace(/[^\d+]/g, '');
}

/**
 * The first rule whose pattern matches the address decides. If there are rules and none matches, the address is
 * refused.
 */
export function isAllowed(address: string, rules: readonly AddressRule[]): boolean {
  if (rules.length === 0) return true;
  const rule = rules.find(({ pattern }) => new RegExp(pattern, 'i').test(address));
  return rule?.type === 'allow';
}
