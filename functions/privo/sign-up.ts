import { isAllowed } from '../auth/addresses.ts';
import { signUpFrom } from '../auth/provider-accounts.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import { issuerOf } from '../openid/issuer.ts';
import { createAdult, createChild, type NewAccount } from './accounts.ts';
import { requirePrivo } from './client.ts';
import { containsName } from './names.ts';
import { privoProvider } from './provider.ts';

/** Signing up at Privo: an adult alone, or a user below the age of consent with a parent. */

interface Wanted {
  readonly email?: string | null | undefined;
  readonly parentEmail?: string | null | undefined;
  readonly name: string;
  readonly dateOfBirth: Date;
  readonly displayName: string;
}

const usualAgeOfConsent = 18;

export async function requestPrivoSignUp(ports: Ports, { ip }: Caller, wanted: Wanted) {
  const privo = requirePrivo(ports);
  refuseUnfit(ports, wanted);
  const account = await createAccount(ports, privo, wanted);
  const { issuer } = await issuerOf(ports, privoProvider(privo, ports.secrets));
  const answer = await signUpFrom(ports, { issuer, subject: account.subject }, account.facts, ip);
  return { ...answer, updatePasswordUrl: account.updatePasswordUrl };
}

function refuseUnfit({ clock, settings }: Ports, wanted: Wanted): void {
  const { email, parentEmail, name, dateOfBirth, displayName } = wanted;
  if (containsName(displayName, name)) {
    throw new Failure('invalid_display_name', 'The display name must not contain the name.');
  }
  if (email && parentEmail && email.toLowerCase() === parentEmail.toLowerCase()) {
    throw new Failure('unacceptable_request', 'The parent’s email must be another one than the child’s.');
  }
  if (dateOfBirth.getTime() > clock.now()) {
    throw new Failure('unacceptable_request', 'The date of birth must not be in the future.');
  }
  if (email && !isAllowed(email, settings.addressRules)) {
    throw new Failure('unacceptable_address', 'This address may not be used here.');
  }
}

function createAccount(ports: Ports, privo: PrivoSettings, wanted: Wanted): Promise<NewAccount> {
  const { email, parentEmail, ...person } = wanted;
  const ageOfConsent = privo.ageOfConsent ?? usualAgeOfConsent;
  if (ageAt(ports.clock.now(), person.dateOfBirth) < ageOfConsent) {
    if (parentEmail) return createChild(ports, privo, { ...person, email: email ?? undefined, parentEmail });
    throw new Failure('parent_email_required', `Below the age of ${ageOfConsent} a parent’s email is needed.`);
  }
  if (email) return createAdult(ports, privo, { ...person, email });
  throw new Failure('unacceptable_request', 'An email is needed.', {
    issues: [{ code: 'custom', path: ['email'], message: 'An email is needed.' }],
  });
}

/** In whole years, by the calendar of UTC. */
export function ageAt(now: number, born: Date): number {
  const today = new Date(now);
  const years = today.getUTCFullYear() - born.getUTCFullYear();
  const untilBirthday = (born.getUTCMonth() - today.getUTCMonth()) * 100 + (born.getUTCDate() - today.getUTCDate());
  return untilBirthday > 0 ? years - 1 : years;
}
