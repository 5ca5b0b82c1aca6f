import type { NoexClient, NoexFrame } from './noex.ts';

/** A subscription as its client sees it. */
export interface LiveQuery {
  readonly id: string;
  /** The data of the answer. */
  readonly data: NoexFrame['data'];
  /** Every result that was pushed, in order. */
  pushes(): NoexFrame['data'][];
  /** What it shows now: the last push, else the answer. */
  view(): NoexFrame['data'];
  /** Everything else that the server sent about it. */
  notices(): NoexFrame[];
}

/** Subscribes without an initial push, unless told otherwise. */
export async function liveQuery(
  client: NoexClient,
  query: string,
  params?: unknown,
  more: object = { initialPush: false },
): Promise<LiveQuery> {
  const fields = { query, ...(params === undefined ? {} : { params }), ...more };
  const { subscriptionId: id, data } = await client.get('store.subscribe', fields);
  const about = () => client.frames().filter((frame) => frame.subscriptionId === id);
  const pushes = () =>
    about()
      .filter(({ type }) => type === 'push')
      .map((frame) => frame.data);
  return {
    id,
    data,
    pushes,
    view: () => [data, ...pushes()].at(-1),
    notices: () => about().filter(({ type }) => type === 'system'),
  };
}
