import type { ConnectionId } from '../../functions/core/names.ts';
import { amounts, divided } from '../costs/amounts.ts';
import type { Deployment, Ledger } from '../costs/deployment.ts';
import { dollarsPerMillion, pricesKnownIn } from '../prices.ts';
import { progress } from '../progress.ts';
import type { Row } from '../row.ts';

/** A request that is measured, and how many round trips it may take until it is answered. */
export type Asked = readonly [what: string, type: string, fields: (turn: number) => object, trips: number];

const repeats = 30;

/** What requests consume, and how many round trips to the tables a client waits for. */
export async function requestRows(
  deployment: Deployment,
  client: ConnectionId,
  requests: readonly Asked[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [what, type, fields, trips] of requests) {
    progress(what);
    const used = await mean(deployment, (turn) => deployment.ask(client, type, fields(turn)));
    const { gateway, above } = dollarsPerMillion(used);
    rows.push({
      what,
      actual: amounts(used),
      budget: '',
      ok: undefined,
      note: `$${above.toFixed(2)} on the gateway's $${gateway.toFixed(2)} per million (${pricesKnownIn})`,
    });
    rows.push({
      what: `${what}: round trips to the tables before the answer`,
      actual: String(used.tripsToFirstFrame),
      budget: `<= ${trips}`,
      ok: used.tripsToFirstFrame <= trips,
    });
  }
  return rows;
}

/** The mean of so many requests, after some that warm up code and caches. */
export async function mean(deployment: Deployment, operation: (turn: number) => Promise<void>): Promise<Ledger> {
  let turn = 0;
  const whole = async (times: number) => {
    for (let n = 0; n < times; n++) await operation(++turn);
    await deployment.drain({ early: true });
  };
  await whole(Math.ceil(repeats / 2));
  return divided(await deployment.measure(() => whole(repeats)), repeats);
}
