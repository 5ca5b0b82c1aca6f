/** The same deployment in another region. */
export interface Peer {
  readonly serverId: string;
  /** Where its clients reach it. */
  readonly url: string;
}

/** The longest wait of a request for a change, because the gateway gives up after 30 seconds. */
export const longestWaitMs = 25_000;

/** As many as the last ten bits of a version can distinguish. */
export const mostServers = 1_024;

/** Server ids are limited because headers and keys contain them. */
export const isServerId = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);

/** Whether these are valid peers: not the server itself, each listed once, with a URL. */
export function isPeers(value: unknown, serverId: string): value is readonly Peer[] {
  if (!Array.isArray(value) || value.length >= mostServers) return false;
  const names = value.map((one) => (typeof one === 'object' && one !== null ? one.serverId : undefined));
  return (
    new Set([serverId, ...names]).size === value.length + 1 &&
    names.every(isServerId) &&
    value.every(({ url }) => typeof url === 'string' && /^https?:$/.test(URL.parse(url)?.protocol ?? ''))
  );
}
