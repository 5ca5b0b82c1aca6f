import type { Metered } from '../../functions/adapters/dynamodb-meter.ts';
import { makeWorld } from '../../test/support/world.ts';
import { dollarsPerMillion, pricesKnownIn } from '../prices.ts';
import type { Row } from '../row.ts';

/** What requests for nodes consume of the table, through the real handler over the embedded engine. */
export async function costs(): Promise<Row[]> {
  const world = await makeWorld({ anonymous: new Set(['nodes']) });
  const { sessionKey: as } = await world.signIn('somebody@example.com');
  const post = (path: string, body: object) => world.http('POST', `/reality/${path}`, { body, as });
  const keys = Array.from({ length: 1_000 }, (_, n) => `chat:room:${n}`);
  await post('invalidate', { keys });
  const rows: Row[] = [];
  const measure = async (what: string, ask: () => Promise<unknown>, budget?: number) => {
    world.calls.length = 0;
    await ask();
    rows.push(rowOf(what, [...world.calls], budget));
  };
  for (const count of [20, 100, 250]) {
    const known = Object.fromEntries(keys.slice(0, count).map((key) => [key, 1]));
    const sync = () => world.http('POST', '/reality/sync', { body: { known } });
    await measure(`sync of ${count} nodes`, sync, Math.ceil(count / 100));
  }
  await measure('update', () => post('update', { key: 'chat:room:1', hash: 'h' }));
  await measure('invalidation of 100 nodes', () => post('invalidate', { keys: keys.slice(0, 100) }));
  const known = { 'chat:room:nowhere': 0 };
  await measure('waiting for nine seconds, a node', () =>
    world.http('POST', '/reality/sync', { body: { known, wait: 9_000 } }),
  );
  return rows;
}

function rowOf(what: string, calls: readonly Metered[], budget?: number): Row {
  const sum = (of: (call: Metered) => number) => calls.reduce((total, call) => total + of(call), 0);
  const [readUnits, writeUnits] = [sum(({ reads }) => reads), sum(({ writes }) => writes)];
  const batches = calls.filter(({ operation }) => operation === 'BatchGetItem').length;
  const nothingElse = { gatewayMessages: 0, queueRequests: 0, invocations: 0, billedMs: 0 };
  const { above } = dollarsPerMillion({ readUnits, writeUnits, ...nothingElse });
  return {
    what,
    actual: `${batches} batches, ${calls.length} calls, ${readUnits} RRU, ${writeUnits} WRU, $${above.toFixed(2)}/M`,
    budget: budget === undefined ? '' : `<= ${budget} batches`,
    ok: budget === undefined ? undefined : batches <= budget,
    note: `the table alone (${pricesKnownIn})`,
  };
}
