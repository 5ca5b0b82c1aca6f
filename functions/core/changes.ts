/**
 * What a request has changed in buckets. Who derives something from it at once looks here; the table's stream tells the same
 * a moment later, to those who must not miss anything.
 */
export interface Change {
  /** Names of everything that a query may depend on and that is not what it was. */
  readonly touches: readonly string[];
  /** Names the change itself, the same wherever it is heard of. */
  readonly mark: string;
}

export interface Changes {
  note(changes: readonly Change[]): void;
}

/** Remembers what is noted. */
export function collectChanges(): Changes & { readonly noted: readonly Change[] } {
  const noted: Change[] = [];
  return { noted, note: (changes) => void noted.push(...changes) };
}
