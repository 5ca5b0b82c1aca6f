/** A file's record and name. */
export interface Place {
  readonly recordName: string;
  readonly fileName: string;
}

/**
 * The object key of a file's bytes. Record names may have any characters, including `..`. In this form each record has
 * its own folder, and the signed, stored and URL form of the key are the same.
 */
export function keyOf({ recordName, fileName }: Place): string {
  return `${Buffer.from(recordName).toString('base64url')}/${fileName}`;
}

/** The reverse of {@link keyOf}; undefined for keys that it never returns. */
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
