/** Circles among arrows, each as the files on it, sorted; files of one knot of circles come together. */
export function cyclesAmong(arrows: readonly { readonly from: string; readonly to: string }[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const reach = new Map([...next.keys()].map((file) => [file, reachedFrom(file, next)]));
  const knots = new Map<string, string[]>();
  for (const [file, reached] of reach) {
    if (!reached.has(file)) continue;
    const knot = [...reached].filter((other) => reach.get(other)?.has(file)).sort();
    knots.set(knot.join(), knot);
  }
  return [...knots.values()];
}

/** Every file that some way leads to; the file itself only where one leads back. */
function reachedFrom(file: string, next: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...(next.get(file) ?? [])];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    if (reached.has(current)) continue;
    reached.add(current);
    waiting.push(...(next.get(current) ?? []));
  }
  return reached;
}
