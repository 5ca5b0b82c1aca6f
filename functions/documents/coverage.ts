import type { Run, YjsUpdate } from '../../client/yjs-update.ts';

/** Whether everything that is in these updates is in this one: each operation, and that each deleted one is deleted. */
export function covers(whole: YjsUpdate, parts: readonly YjsUpdate[]): boolean {
  const structs = stretchesOf(whole.structs);
  const deletions = stretchesOf(whole.deletions);
  return parts.every(
    (part) => part.structs.every((run) => isIn(structs, run)) && part.deletions.every((run) => isIn(deletions, run)),
  );
}

/** By client, from the first to behind the last operation, rising, none touching another. */
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
  // The last that begins no later.
  let low = 0;
  for (let high = own.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if ((own[middle]?.from ?? 0) <= clock) low = middle + 1;
    else high = middle;
  }
  return length === 0 || clock + length <= (own[low - 1]?.to ?? -1);
}
