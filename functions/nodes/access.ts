import type { Identity } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';

/**
 * Whose nodes are whose, where a deployment says so: the setting `NODES_GUARDED` lists beginnings of keys that only people
 * who are signed in may read or raise. One with `<userId>` in it leaves each key to the person whose id stands there:
 * `user:<userId>:` makes `user:42:inbox` that of user 42 alone. Whoever may not read a node hears that there is none.
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
