/** Labels that decide access: `root:path`. Permissions depend only on the root; lists match the full text. */

/**
 * Markers with a built-in meaning. `publicRead` and `publicWrite` open a resource to everybody, as `kinds.ts` lists;
 * `private` closes it to everybody without a grant.
 */
export const markers = {
  publicRead: 'publicRead',
  publicWrite: 'publicWrite',
  private: 'private',
  account: 'account',
} as const;

export const rootOf = (marker: string): string => marker.split(':', 1)[0] ?? marker;

export const rootsOf = (list: readonly string[]): string[] => [...new Set(list.map(rootOf))];

/** What a change of markers adds and takes away. */
export function markerChanges(before: readonly string[], after: readonly string[]) {
  return {
    added: after.filter((marker) => !before.includes(marker)),
    removed: before.filter((marker) => !after.includes(marker)),
  };
}
