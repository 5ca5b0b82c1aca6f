import type { Run, YjsUpdate } from '../../client/yjs-update.ts';

/** Whether one update contains everything in the others: each operation and each deletion. */
export function covers(whole: YjsUpdate, parts: readonly YjsUpdate[]): boolean {
  const structs = stretchesOf(whole.structs);
  const deletions = stretchesOf(whole.deletions);
  return parts.every(
    (part) => part.structs.every((run) => isIn(structs, run)) && part.deletions.every((run) => isIn(deletions, run)),
  );
}

/** By client: ranges from the first operation to after the last, ascending and not adjacent. */
type Stretches = ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>;

function stretchesOf(runs: readonly Run[]): Stretches {
  const stretches = new Map<number, { from: number; to: number }[]>();
  for (const { client, clock, length } of runs.toSorted((a, b) => a.clock - b.clock)) {
    const own = stretches.get(client) ?? [];
    stretches.set(client, own);
    const last = own.at(-1);
    if (last && clock <= last.to) last.to = Math.max(last.to, clock + length);
    else own.push({ from: clock, to: clock + length });
  }
  return stretches;
}

function isIn(stretches: Stretches, { client, clock, length }: Run): boolean {
  const own = stretches.get(client) ?? [];
  // Finds the last range that begins no later.
  let low = 0;
  for (let high = own.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((own[middle]?.from ?? 0) <= clock) low = middle + 1;
    else high = middle;
  }
  return length === 0 || clock + length <= (own[low - 1]?.to ?? -1);
}
