import type { Credential, Scope } from '../core/caller.ts';

/** What somebody may do with a project or an instance; each includes those before it. */
export type Level = Scope | 'owner';

const ladder: readonly Level[] = ['read', 'write', 'admin', 'owner'];

export function isAtLeast(level: Level | undefined, needed: Level): boolean {
  return level !== undefined && ladder.indexOf(level) >= ladder.indexOf(needed);
}

export function higher<L extends Level>(one: L | undefined, other: L | undefined): L | undefined {
  return other !== undefined && !isAtLeast(one, other) ? other : one;
}

export function lower(one: Level, other: Level): Level {
  return isAtLeast(one, other) ? other : one;
}

/** What is left of a level for whoever shows this: a key's permissions and a token's are bounds, not gifts. */
export function capped(level: Level, credential: Credential): Level {
  const byToken = lower(level, credential.atMost ?? 'owner');
  if (credential.kind !== 'apiKey') return byToken;
  const highest = credential.scopes.at(-1) ?? 'read';
  // A key that may do everything everywhere stands for its owner.
  return highest === 'admin' && !credential.reach ? byToken : lower(byToken, highest);
}
