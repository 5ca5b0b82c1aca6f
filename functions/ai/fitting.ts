/** As many of the first ones as have room together, counted as JSON. */
export function fitting<T>(all: readonly T[], maxBytes: number): T[] {
  let bytes = 0;
  const end = all.findIndex((one) => {
    bytes += Buffer.byteLength(JSON.stringify(one));
    return bytes > maxBytes;
  });
  return all.slice(0, end === -1 ? all.length : end);
}
