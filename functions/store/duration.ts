const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const form = /^(\d{1,16}(?:\.\d{1,16})?)\s?([smhd])$/;

/** Keeps expiry within the range of JavaScript's dates, which is 8.64e15 ms from 1970. */
const longest = 1e15;

/**
 * The lifetime of a record in milliseconds, from a number of milliseconds above 0 or a text like `30s`, `5m`, `1h`,
 * `7d`. The text may have a fraction, and a space before the unit, because noex-store allows both, and applications
 * bring its definitions. Undefined for anything else.
 */
export function ttlMs(ttl: unknown): number | undefined {
  const ms = typeof ttl === 'number' ? ttl : typeof ttl === 'string' ? msOf(ttl) : undefined;
  return ms !== undefined && ms > 0 && ms <= longest ? Math.ceil(ms) : undefined;
}

function msOf(text: string): number | undefined {
  const [, amount, unit] = form.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * units[unit as keyof typeof units]; // the form allows no other
}
