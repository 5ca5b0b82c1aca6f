/** Standard base64 with padding, of bytes or of a text's UTF-8. */
export function base64(of: Uint8Array | string): string {
  return Buffer.from(of).toString('base64');
}

/** Base64 as above, of one byte or more; it may be broken into lines. @returns it in one line, undefined for what is none */
export function base64In(text: string): string | undefined {
  const line = text.replace(/[\r\n]/g, '');
  return line.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(line) ? line : undefined;
}
