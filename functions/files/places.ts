/** Where a file is, as clients say it. */
export interface Place {
  readonly recordName: string;
  readonly fileName: string;
}

/**
 * Where its bytes are. Records have names of any characters, `..` among them; in this form each name has a folder of its
 * own, and what is signed, stored and written in URLs is the same text.
 */
export function keyOf({ recordName, fileName }: Place): string {
  return `${Buffer.from(recordName).toString('base64url')}/${fileName}`;
}

/** The reverse of {@link keyOf}; undefined for what it never says. */
export function placeIn(key: string): Place | undefined {
  const [folder = '', fileName = '', ...more] = key.split('/');
  const recordName = Buffer.from(folder, 'base64url').toString();
  if (more.length > 0 || recordName === '' || !isFileName(fileName)) return undefined;
  const place = { recordName, fileName };
  return keyOf(place) === key ? place : undefined;
}

/** Files are named after their bytes; nothing else was ever recorded. */
export function isFileName(text: string): boolean {
  return /^[0-9a-f]{64}(\.[a-z0-9][a-z0-9.-]*)?$/.test(text);
}
