/** Standard base64 with padding, of bytes or of a text's UTF-8. */
export function base64(of: Uint8Array | string): string {
  return Buffer.from(of).toString('base64');
}

/** Removes line breaks from base64 text. Returns undefined if the text is empty or is not standard base64 with padding. */
export function base64In(text: string): string | undefined {
  const line = text.replace(/[\r\n]/g, '');
  return line.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(line) ? line : undefined;
}
