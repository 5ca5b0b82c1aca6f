/**
 * Whether a topic fits a pattern, segment by segment between dots. `*` alone fits every topic; as the last segment it
 * stands for one or more; elsewhere for exactly one. Inside a segment it is a star.
 */
export function matchesTopic(pattern: string, topic: string): boolean {
  if (pattern === '*') return true;
  const [wanted, given] = [pattern.split('.'), topic.split('.')];
  const isOpen = wanted.at(-1) === '*';
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, at) => segment === '*' || segment === given[at]);
}

/** Whether a fact's key or a timer's name fits a pattern, segment by segment between colons; `*` is exactly one. */
export function matchesKey(pattern: string, key: string): boolean {
  const [wanted, given] = [pattern.split(':'), key.split(':')];
  return wanted.length === given.length && wanted.every((segment, at) => segment === '*' || segment === given[at]);
}

/** Whether a pattern for keys names exactly one. */
export function isExactKey(pattern: string): boolean {
  return !pattern.split(':').includes('*');
}

/** What a topic, or a pattern for topics, is found by: its first segment, which may be `*`. */
export function firstSegment(topic: string): string {
  return topic.split('.', 1)[0] ?? topic;
}

/** The same of a key; `*` for a pattern that any first segment fits. */
export function firstKeySegment(key: string): string {
  return key.split(':', 1)[0] ?? key;
}

const maxNameBytes = 512;

/** Topics, keys, patterns and names: not empty, and of 512 bytes at most. */
export function isRuleName(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && Buffer.byteLength(text) <= maxNameBytes;
}
