/** Versions by key, in an order. */
export type Versions = readonly (readonly [key: string, version: number])[];

/** The content of one frame; the gateway's limit is 128 KB. */
const frameBytes = 100_000;

/** Splits versions into one part per frame; none for no versions. */
export function framesOf(versions: Versions): Versions[] {
  const parts: (readonly [string, number])[][] = [];
  let bytes = frameBytes;
  for (const one of versions) {
    const more = Buffer.byteLength(JSON.stringify(one));
    if (bytes + more > frameBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(one);
    bytes += more;
  }
  return parts;
}
