import type { Ports } from '../core/ports.ts';
import type { MemoryHead } from './head-store.ts';
import { queryOutlinedRows, queryOutlines, type Row, type RowOutline, readRows } from './row-store.ts';

/** The content of an instance: outlines of all rows, and rows on demand. */
export interface Survey {
  readonly outlines: readonly RowOutline[];
  /** In the given order, in their current state or as outlined; deleted ones are left out. */
  rowsOf(part: readonly RowOutline[]): Promise<Row[]>;
}

/**
 * A memory up to this size is read as a whole, because reading one row costs as much as reading many small ones
 * together.
 */
const smallKeys = 2_000;
const smallBytes = 1024 * 1024;

/** @param head as it was before: its counts are not less than what existed then */
export async function survey(
  ports: Pick<Ports, 'table'>,
  instanceId: string,
  { keys, bytes }: Pick<MemoryHead, 'keys' | 'bytes'>,
): Promise<Survey> {
  if (keys > smallKeys || bytes > smallBytes) {
    const outlines = await queryOutlines(ports, instanceId);
    return { outlines, rowsOf: async (part) => inOrderOf(part, await readRows(ports, instanceId, part.map(nameOf))) };
  }
  const { outlines, rows } = await queryOutlinedRows(ports, instanceId);
  return { outlines, rowsOf: async (part) => inOrderOf(part, rows) };
}

const nameOf = ({ key }: RowOutline): string => key;

function inOrderOf(part: readonly RowOutline[], rows: readonly Row[]): Row[] {
  const byName = new Map(rows.map((row) => [row.key, row]));
  return part.flatMap(({ key }) => byName.get(key) ?? []);
}
