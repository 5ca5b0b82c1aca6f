import type { Identity } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { instanceOn } from '../memory/path.ts';
import { type Shown, whoOpens } from '../socket-tokens/who-opens.ts';

/**
 * Dialects whose sockets are for one thing, and refuse unauthorized clients at the upgrade; each with its check of path
 * and credential.
 */
const upgrades: Readonly<Record<string, (ports: Ports, path: string, shown: Shown) => Promise<Identity | undefined>>> =
  {
    mindcache: (ports, path, shown) => whoOpens(ports, instanceOn({ path }), shown),
  };

export const upgradeOf = (dialect: string) => upgrades[dialect];
