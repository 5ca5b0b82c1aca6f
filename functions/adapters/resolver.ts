import { lookup, Resolver } from 'node:dns/promises';

/** An address of a host. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Returns all current addresses of a name, possibly none. Throws when no DNS server answers. */
export type Resolve = (name: string) => Promise<readonly Address[]>;

/** Resolves as the operating system does: hosts file, search list, its DNS servers. */
export const resolveBySystem: Resolve = async (name) => {
  const found = await lookup(name, { all: true, verbatim: true }).catch(noneIfUnknown);
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/** @param servers `address:port,…`, used instead of the system's; default port 53 */
export function resolveBy(servers: string): Resolve {
  const resolver = new Resolver({ timeout: 1_000, tries: 2 });
  resolver.setServers(servers.split(',').map((server) => server.trim()));
  return async (name) => {
    const [four, six] = await Promise.all([
      resolver.resolve4(name).catch(noneIfUnknown),
      resolver.resolve6(name).catch(noneIfUnknown),
    ]);
    return [
      ...four.map((address) => ({ address, family: 4 }) as const),
      ...six.map((address) => ({ address, family: 6 }) as const),
    ];
  };
}

/** The name does not exist, or has no address of that family. */
function noneIfUnknown(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOTFOUND' || error.code === 'ENODATA') return [];
  throw error;
}
