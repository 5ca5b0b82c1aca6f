/**
 * A hash of anything that is JSON, for nodes: 8 hexadecimal digits, the same for equal values whatever the order of their
 * fields. FNV-1a of 32 bits over a text as it stands, or the JSON of anything else with sorted keys: what older clients of
 * Reality compute. Good for telling versions apart, and for nothing that an attacker might want to forge.
 */
export function createHash(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, withSortedKeys) ?? 'undefined');
  let hash = offsetBasis;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), prime);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/** For `JSON.stringify`, which writes fields in the order in which an object has them. */
function withSortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
