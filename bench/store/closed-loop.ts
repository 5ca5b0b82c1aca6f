import type { StoreClient } from './client.ts';

/** A request that clients repeat; `turn` counts over all clients. */
export type Asking<Client = StoreClient> = (client: Client, turn: number, who: number) => Promise<unknown>;

export interface Looped {
  readonly perSecond: number;
  /** From request to answer, ms. */
  readonly latencies: readonly number[];
}

/** Each client sends its next request as soon as the last one is answered, for so many seconds. */
export async function closedLoop<Client>(
  clients: readonly Client[],
  seconds: number,
  asking: Asking<Client>,
): Promise<Looped> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  let turn = 0;
  await Promise.all(
    clients.map(async (client, who) => {
      while (performance.now() < until) {
        const askedAt = performance.now();
        turn += 1;
        await asking(client, turn, who);
        latencies.push(performance.now() - askedAt);
      }
    }),
  );
  return { perSecond: (latencies.length / (performance.now() - startedAt)) * 1_000, latencies };
}
