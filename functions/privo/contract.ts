import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer, UserId } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Accounts at Privo, which keeps a parent's consent for children. The users' names and addresses are stored only there.
 */

const anyone = { caller: 'anyone', scope: 'none' } as const;

/** No blanks and no punctuation, because other people's user interfaces show the name. */
const namePattern = /^[^\s!@#$%^&*()[\]{}\-_=+`~,./?;:'"\\<>|]*$/;
const Name = () =>
  z
    .string()
    .check(
      z.minLength(1),
      z.maxLength(128),
      z.regex(namePattern, 'a name has no blanks, and none of !@#$%^&*()[]{}-_=+`~,./?;:\'"\\<>|'),
    );
const Email = () => z.email().check(z.maxLength(200));

const Allowed = () =>
  z.object({
    allowed: z.boolean(),
    suggestions: z.optional(z.array(z.string())),
    profanity: z.optional(z.boolean()),
  });

export const privoContract = {
  operations: {
    requestPrivoLogin: operation({
      summary:
        'Start a sign-in at Privo: answers the URL for the user’s browser, and the request id that completes the sign-in.',
      input: () => z.object({}),
      output: () => z.object({ authorizationUrl: z.string(), requestId: z.string() }),
      access: anyone,
      errors: ['not_supported', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/login/privo' },
      procedure: { name: 'requestPrivoLogin', origins: 'account' },
    }),
    requestPrivoSignUp: operation({
      summary:
        'Create an account at Privo and its user here. For a child below the age of consent, Privo asks a parent by email.',
      input: () =>
        z.object({
          email: z.nullish(Email()).check(z.describe('Required from the age of consent on.')),
          parentEmail: z.nullish(Email()).check(z.describe('Required below the age of consent.')),
          name: Name().check(z.describe('The user’s name at Privo.')),
          dateOfBirth: z.coerce.date().check(z.meta({ examples: ['2001-02-03'] })),
          displayName: Name().check(z.describe('The name that others see; it must not contain `name`.')),
        }),
      output: () =>
        z.extend(SessionAnswer(), {
          updatePasswordUrl: z.string().check(z.describe('Where the new user chooses a password.')),
        }),
      access: anyone,
      errors: [
        'not_supported',
        'not_configured',
        'invalid_display_name',
        'unacceptable_address',
        'parent_email_required',
        'email_already_exists',
        'child_email_already_exists',
        'parent_email_already_exists',
        ...credentialErrors,
      ],
      http: { method: 'POST', path: '/api/v2/register/privo' },
      procedure: { name: 'requestPrivoSignUp', origins: 'account' },
    }),
    requestPrivacyFeaturesChange: operation({
      summary: 'Make Privo ask a child’s parent again which privacy features to allow.',
      input: () => z.object({ userId: UserId() }),
      output: () => z.object({}),
      access: {
        caller: 'user',
        scope: 'none',
        own: { field: 'userId', roles: ['superUser', 'system'], refusal: 'not_authorized' },
      },
      errors: ['not_supported', 'not_configured', 'user_not_found', 'not_logged_in', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/privacyFeatures/change' },
      procedure: { name: 'requestPrivacyFeaturesChange', origins: 'account' },
    }),
    isEmailValid: operation({
      summary: 'Check whether an email address is valid for a sign-up.',
      input: () => z.object({ email: z.string().check(z.maxLength(1_000)) }),
      output: Allowed,
      access: anyone,
      errors: ['not_configured', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/email/valid' },
      procedure: { name: 'isEmailValid', origins: 'account' },
    }),
    isDisplayNameValid: operation({
      summary: 'Check whether a display name is valid for a sign-up.',
      input: () =>
        z.object({
          displayName: z.string().check(z.maxLength(1_000)),
          name: z.nullish(z.string().check(z.maxLength(1_000))),
        }),
      output: () => z.extend(Allowed(), { containsName: z.optional(z.boolean()) }),
      access: anyone,
      errors: ['not_configured', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/displayName/valid' },
      procedure: { name: 'isDisplayNameValid', origins: 'account' },
    }),
  },
  pushes: {},
};
