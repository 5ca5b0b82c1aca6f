import * as z from 'zod/mini';
import { credentialErrors, SessionAnswer, UserId } from '../auth/contract.ts';
import { operation } from '../core/contract.ts';

/**
 * Accounts that Privo keeps for us, with a parent's consent where somebody is a child. Name and address of their owners
 * stay there.
 */

const anyone = { caller: 'anyone', scope: 'none' } as const;

/** Neither blanks nor punctuation: it goes into other people's user interfaces. */
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
      summary: 'Start a sign-in at Privo: where to send the person, and what to complete it with.',
      input: () => z.object({}),
      output: () => z.object({ authorizationUrl: z.string(), requestId: z.string() }),
      access: anyone,
      errors: ['not_supported', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/login/privo' },
      procedure: { name: 'requestPrivoLogin', origins: 'account' },
    }),
    requestPrivoSignUp: operation({
      summary: 'Make an account at Privo and a user of it here. Below the age of consent a parent is asked by mail.',
      input: () =>
        z.object({
          email: z.nullish(Email()).check(z.describe('Needed from the age of consent on.')),
          parentEmail: z.nullish(Email()).check(z.describe('Needed below the age of consent.')),
          name: Name().check(z.describe('What Privo calls them by.')),
          dateOfBirth: z.coerce.date().check(z.meta({ examples: ['2001-02-03'] })),
          displayName: Name().check(z.describe('What others see; it must not contain the name.')),
        }),
      output: () =>
        z.extend(SessionAnswer(), {
          updatePasswordUrl: z.string().check(z.describe('Where the new person chooses a password.')),
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
      summary: 'Have Privo ask the parent of a child once more what the child may do.',
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
      summary: 'Whether somebody could sign up with this address.',
      input: () => z.object({ email: z.string().check(z.maxLength(1_000)) }),
      output: Allowed,
      access: anyone,
      errors: ['not_configured', ...credentialErrors],
      http: { method: 'POST', path: '/api/v2/email/valid' },
      procedure: { name: 'isEmailValid', origins: 'account' },
    }),
    isDisplayNameValid: operation({
      summary: 'Whether somebody could sign up with this display name.',
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
