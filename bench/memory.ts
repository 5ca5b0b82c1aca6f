import { openSinkGateway } from './costs/sink-gateway.ts';
import { costRows } from './memory/costs.ts';
import type { Row } from './row.ts';

/** Keys of instances: what changes cost. */
export async function run(): Promise<Row[]> {
  const sink = await openSinkGateway();
  try {
    return await costRows(sink);
  } finally {
    await sink.close();
  }
}
