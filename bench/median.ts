export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** @param share 0 for the smallest, 1 for the largest; NaN for no values */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
