/**
 * Whether an origin matches the listed one; both as browsers send them. A listed port of `*` matches any port, or none.
 */
export function isOrigin(listed: string, origin: string): boolean {
  if (!listed.endsWith(':*')) return listed === origin;
  const host = listed.slice(0, -2);
  return origin === host || (origin.startsWith(`${host}:`) && /^\d+$/.test(origin.slice(host.length + 1)));
}
