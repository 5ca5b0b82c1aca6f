import * as z from 'zod/mini';
import type { ProviderFacts } from '../auth/users.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import type { PrivoSettings } from '../core/privo-settings.ts';
import { checkEmail } from './checks.ts';
import { callPrivo } from './client.ts';
import { featuresGranted, featuresWanted, Grants } from './features.ts';
import { readAnswer } from './read-answer.ts';

/**
 * Accounts at Privo: of adults, and of children. A child's account comes with one of a parent, whom Privo asks for
 * consent.
 */

export interface Person {
  /** The name that Privo uses. */
  readonly name: string;
  /** The name that others see. */
  readonly displayName: string;
  readonly dateOfBirth: Date;
}

/** A new account: the data that we store, and the URL where its owner chooses a password. */
export interface NewAccount {
  readonly subject: string;
  readonly facts: ProviderFacts;
  readonly updatePasswordUrl: string;
}

const Account = () =>
  z.object({
    service_id: z.string().check(z.minLength(1)),
    update_password_link: z.string(),
    features: Grants(),
    consent_meta: z.nullish(z.object({ consent_url: z.nullish(z.string()) })),
  });

const AdultAnswer = () => z.object({ to: Account() });
const ChildAnswer = () =>
  z.object({
    to: z.object({
      service_id: z.string().check(z.minLength(1)),
      connected_profiles: z.tuple([Account()], Account()),
    }),
  });

/** Privo's status for an address that already has an account. */
const taken = 412;

/** @throws Failure `email_already_exists`, or those of {@link readAnswer} */
export async function createAdult(
  ports: Ports,
  privo: PrivoSettings,
  adult: Person & { readonly email: string },
): Promise<NewAccount> {
  const path = '/api/v1.0/account';
  const answer = await callPrivo(ports, privo, path, {
    role_identifier: privo.roleIds.adult,
    email: adult.email,
    send_registration_email: true,
    send_congratulations_email: true,
    ...personal(adult),
    features: featuresWanted(privo.featureIds, 'adult'),
  });
  if (answer.status === taken)
    throw new Failure('email_already_exists', 'There is an account with this email already.');
  return newAccount(privo, readAnswer(ports, AdultAnswer(), answer, path).to);
}

/** @throws Failure `child_email_already_exists`, `parent_email_already_exists`, or those of {@link readAnswer} */
export async function createChild(
  ports: Ports,
  privo: PrivoSettings,
  child: Person & { readonly email: string | undefined; readonly parentEmail: string },
): Promise<NewAccount> {
  const path = '/api/v1.0/account/parent';
  const answer = await callPrivo(ports, privo, path, {
    role_identifier: privo.roleIds.parent,
    email: child.parentEmail,
    send_congratulations_email: true,
    minor_registrations: [
      {
        send_parent_email: true,
        role_identifier: privo.roleIds.child,
        email: child.email,
        ...personal(child),
        features: featuresWanted(privo.featureIds, 'child'),
      },
    ],
  });
  if (answer.status === taken) throw await whoseIsTaken(ports, privo, child.email);
  const { service_id: parent, connected_profiles: profiles } = readAnswer(ports, ChildAnswer(), answer, path).to;
  const account = newAccount(privo, profiles[0]);
  return { ...account, facts: { ...account.facts, privoParentServiceId: parent } };
}

/** Privo does not say which of the two addresses is taken, so this checks the child's. */
async function whoseIsTaken(ports: Ports, privo: PrivoSettings, childEmail: string | undefined): Promise<Failure> {
  const isChilds = childEmail !== undefined && !(await checkEmail(ports, privo, childEmail)).isAvailable;
  if (isChilds) return new Failure('child_email_already_exists', 'There is an account with the child’s email already.');
  return new Failure('parent_email_already_exists', 'There is an account with the parent’s email already.');
}

function personal({ name, displayName, dateOfBirth }: Person) {
  return {
    first_name: name,
    birth_date_yyyymmdd: dateOfBirth.toISOString().slice(0, 10).replaceAll('-', ''),
    attributes: [{ name: 'displayName', value: displayName }],
  };
}

function newAccount({ featureIds }: PrivoSettings, account: z.output<ReturnType<typeof Account>>): NewAccount {
  const consentUrl = account.consent_meta?.consent_url;
  return {
    subject: account.service_id,
    facts: {
      privoServiceId: account.service_id,
      ...(consentUrl ? { privoConsentUrl: consentUrl } : {}),
      privacyFeatures: featuresGranted(featureIds, account.features),
    },
    updatePasswordUrl: account.update_password_link,
  };
}
