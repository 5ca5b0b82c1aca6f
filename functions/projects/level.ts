import type { Credential, Scope } from '../core/caller.ts';

/** A caller's level for a project or an instance; each includes those before it. */
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

/** Bounds a level by the credential: permissions of a key or token limit the owner's rights, and never add any. */
export function capped(level: Level, credential: Credential): Level {
  const byToken = lower(level, credential.atMost ?? 'owner');
  if (credential.kind !== 'apiKey') return byToken;
  const highest = credential.scopes.at(-1) ?? 'read';
  // An account key with the permission admin has all rights of its owner.
  return highest === 'admin' && !credential.reach ? byToken : lower(byToken, highest);
}
