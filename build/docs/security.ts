import type { Access } from '../../functions/core/contract.ts';
import type { JsonSchema } from './json-schema.ts';

/** Both are sent in `Authorization: Bearer …`; the form of a credential shows its kind. */
export const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`mc_live_…`). It is good for what it was made for.',
  },
  session: { type: 'http', scheme: 'bearer', description: 'A session key, or a JWT of an issuer that is configured.' },
} as const;

/** The accepted credentials, any one of which is enough. An empty one means that none is needed. */
export function securityOf({ caller, scope }: Access): readonly JsonSchema[] {
  if (caller === 'ownProof') return [{}];
  return [...(caller === 'user' ? [] : [{}]), { session: [] }, ...(scope === 'none' ? [] : [{ apiKey: [scope] }])];
}

/** The part of the access rules that takes words. */
export function permissionNote({ caller, own }: Access): string | undefined {
  const notes = [
    ...(typeof caller === 'object'
      ? [`Without a credential only where the setting ANONYMOUS lists ${caller.anonymousIn}.`]
      : []),
    ...(caller === 'login' ? ['Only from a socket that has logged in, anonymously or not.'] : []),
    ...(own ? [`${own.field} names the caller${own.roles.map((role) => `, or the caller is ${role}`).join('')}.`] : []),
  ];
  return notes.length === 0 ? undefined : notes.join(' ');
}
