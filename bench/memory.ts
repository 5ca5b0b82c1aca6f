import { openSinkGateway } from './costs/sink-gateway.ts';
import { costRows } from './memory/costs.ts';
import { loadRows } from './memory/load.ts';
import type { Row } from './row.ts';

/** Keys of instances: what changes cost, and how many a second the local server takes. */
export async function run(): Promise<Row[]> {
  const sink = await openSinkGateway();
  try {
    return [...(await costRows(sink)), ...(await loadRows())];
  } finally {
    await sink.close();
  }
}
