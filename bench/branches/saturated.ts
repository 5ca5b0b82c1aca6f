import type { Editor } from './editors.ts';

/** Updates under way at a time, of all writers together. */
const ahead = 16;

/**
 * The first of the watchers writes as fast as possible.
 * @returns updates a second, from the first one until all watchers have received the last one
 */
export async function saturated(editors: readonly Editor[], updates: readonly Uint8Array[]): Promise<number> {
  const [writer, ...others] = editors;
  if (!writer) throw new Error('somebody has to write');
  const start = performance.now();
  const saved = writer.saved;
  const heard = others.map((one) => one.heard);
  const done = Promise.withResolvers<void>();
  let sent = 0;
  const goOn = (): void => {
    const count = writer.saved - saved;
    while (sent < updates.length && sent - count < ahead) writer.send(updates.slice(sent, ++sent));
    const isSaid = others.every((one, index) => one.heard - (heard[index] ?? 0) >= updates.length);
    if (count >= updates.length && isSaid) done.resolve();
  };
  for (const editor of editors) editor.onNews(goOn);
  goOn();
  await done.promise;
  return updates.length / ((performance.now() - start) / 1000);
}
