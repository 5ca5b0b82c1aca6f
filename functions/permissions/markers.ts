/** Labels that decide access: `root:path`. Only the root matters for permission; lists match the full text. */

/** Bearers are open to everybody as `publicRead` and `publicWrite` say; `private` is nobody's without a grant. */
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
