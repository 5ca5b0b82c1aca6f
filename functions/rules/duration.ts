const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** Moments later than so many milliseconds from now are no dates. */
const longest = 1e15;

/** In milliseconds, from a number above 0 or a whole number with a unit. Undefined for anything else. */
export function durationMs(duration: unknown): number | undefined {
  if (typeof duration === 'number') return duration > 0 && duration <= longest ? Math.ceil(duration) : undefined;
  const [, amount, unit] = (typeof duration === 'string' && /^(\d{1,16})(ms|s|m|h|d|w|y)$/.exec(duration)) || [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * (units[unit] ?? Number.NaN);
  return ms <= longest ? ms : undefined;
}
