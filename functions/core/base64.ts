/** Standard base64 with padding, of bytes or of a text's UTF-8. */
export function base64(of: Uint8Array | string): string {
  return Buffer.from(of).toString('base64');
}
