import type { Row } from './row.ts';

const titles = ['what', 'actual', 'budget', '', 'note'] as const;

/** Prints rows as a table, then how many budgets were kept. */
export function printTable(rows: readonly Row[]): void {
  const cells = rows.map((row) => [row.what, row.actual, row.budget, verdict(row), row.note ?? '']);
  const table = [[...titles], ...cells];
  const widths = titles.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  for (const line of table)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const over = rows.filter((row) => row.ok === false).length;
  console.log(`${rows.filter((row) => row.ok).length} budgets kept, ${over} exceeded`);
}

function verdict({ ok }: Row): string {
  return ok === undefined ? '' : ok ? 'ok' : 'OVER';
}
