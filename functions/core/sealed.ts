import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { Ports, Secrets } from './ports.ts';

/**
 * Encrypts secrets that the server has to read again later, such as tokens of an identity provider. The table does not
 * contain the key.
 */

const cipher = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;

/** @param place what the text belongs to; it can only be unsealed for the same place */
export async function seal(
  { secrets, ids }: Pick<Ports, 'secrets' | 'ids'>,
  place: string,
  text: string,
): Promise<string> {
  const iv = ids.bytes(ivBytes);
  const encryption = createCipheriv(cipher, await keyOf(secrets), iv).setAAD(Buffer.from(place));
  const parts = [iv, encryption.update(text, 'utf8'), encryption.final()];
  return Buffer.concat([...parts, encryption.getAuthTag()]).toString('base64');
}

/** @returns undefined for a text that was not sealed for this place with the server's current secret */
export async function unseal(secrets: Secrets, place: string, sealed: string): Promise<string | undefined> {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < ivBytes + tagBytes) return undefined;
  const end = bytes.length - tagBytes;
  const decryption = createDecipheriv(cipher, await keyOf(secrets), bytes.subarray(0, ivBytes))
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(end));
  try {
    return Buffer.concat([decryption.update(bytes.subarray(ivBytes, end)), decryption.final()]).toString();
  } catch {
    return undefined;
  }
}

async function keyOf(secrets: Secrets): Promise<Buffer> {
  return createHmac('sha256', await secrets.server())
    .update('seal')
    .digest();
}
