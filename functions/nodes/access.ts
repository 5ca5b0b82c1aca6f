import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

/**
 * Access to nodes: the setting `NODES_GUARDED` lists prefixes of keys that only signed-in users may read or raise. In a
 * prefix with `<userId>`, each key is reserved for the user whose id is at that place: with `user:<userId>:`, only user
 * 42 has access to `user:42:inbox`. To callers without access a node looks as if it did not exist.
 */

const placeholder = '<userId>';

export function mayUse({ settings: { nodesGuarded } }: Ports, identity: Identity | undefined, key: string): boolean {
  return nodesGuarded.every((guarded) => {
    const [before = '', after] = guarded.split(placeholder, 2);
    if (!key.startsWith(before)) return true;
    if (!identity) return false;
    return after === undefined || key.startsWith(`${before}${identity.userId}${after}`);
  });
}

/** @throws Failure `not_authorized` */
export function refuseForeign(ports: Ports, identity: Identity | undefined, keys: readonly string[]): void {
  const foreign = keys.find((key) => !mayUse(ports, identity, key));
  if (foreign === undefined) return;
  throw new Failure('not_authorized', `The node ${JSON.stringify(foreign.slice(0, 64))} is not yours to raise.`);
}
