import type { App } from '../../functions/core/app.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { changedBuckets } from '../../functions/queries/derived.ts';
import { noexWorld } from './noex.ts';
import { streamOver } from './stream.ts';

/** Longer than a process that died can hold up others. */
const aWhileMs = 11_000;

/** A world for live queries: sockets over fresh tables, and a stream of the writes that runs when the test says so. */
export async function liveWorld(app: Partial<App>) {
  let stream: ReturnType<typeof streamOver> | undefined;
  const world = await noexWorld(app, {}, (ports: Ports) => {
    stream = streamOver(ports, [changedBuckets]);
    return stream.ports;
  });
  return {
    ...world,
    /** Moves time forward, processes the stream, and finishes the work that it requested. */
    async repair(): Promise<void> {
      world.killNextAfter(Number.POSITIVE_INFINITY);
      do {
        world.advance(aWhileMs);
        await world.settled();
      } while ((await stream?.drain({ as: world.ports })) ?? 0);
      await world.settled();
    },
  };
}
