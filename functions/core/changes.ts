/**
 * The changes that a request has made in buckets. Code that derives something from them at once reads them here. The
 * table's stream delivers the same changes a moment later, for consumers that must not miss any.
 */
export interface Change {
  /** Names of all changed things on which a query may depend. */
  readonly touches: readonly string[];
  /** Id of the change, the same here and in the stream. */
  readonly mark: string;
}

export interface Changes {
  note(changes: readonly Change[]): void;
}

/** Collects the changes that are noted. */
export function collectChanges(): Changes & { readonly noted: readonly Change[] } {
  const noted: Change[] = [];
  return { noted, note: (changes) => void noted.push(...changes) };
}
