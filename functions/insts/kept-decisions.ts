import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keptByTable } from './kept.ts';
import type { OpenInst } from './open-inst.ts';

/**
 * How long an authorization counts for further updates and actions of a connection, in milliseconds from the start of
 * the check, because typing sends many updates. A deletion waits as long between marking an inst and deleting it, so
 * that no cached authorization outlives the inst.
 */
export const keptMs = 2_000;

interface Decision {
  readonly since: EpochMs;
  readonly inst: Promise<OpenInst | undefined>;
}

const decisions = keptByTable<Decision>(2_000);

/** Generations that this process has found deleted: cached authorizations for them no longer count. */
const gone = keptByTable<true>(2_000);

/** Notes that an inst was deleted, which invalidates cached authorizations. */
export function noteGone({ table }: Ports, { generation }: Pick<OpenInst, 'generation'>): void {
  gone.set(table, generation, true);
}

/**
 * Authorizes, or uses a recent authorization for the same request. Refusals and missing insts are not cached.
 * @param anew ignores the cache
 */
export async function decidedLately(
  ports: Ports,
  question: string,
  decide: () => Promise<OpenInst | undefined>,
  anew: boolean,
): Promise<OpenInst | undefined> {
  const { table, clock } = ports;
  const before = anew ? undefined : decisions.get(table, question);
  const lately = before && clock.now() < before.since + keptMs ? await before.inst.catch(() => undefined) : undefined;
  if (lately && isStillThere(ports, lately)) return lately;
  const decision = { since: clock.now(), inst: decide() };
  decisions.set(table, question, decision);
  try {
    const inst = await decision.inst;
    if (!inst) forget(ports, question, decision);
    return inst;
  } catch (thrown) {
    forget(ports, question, decision);
    throw thrown;
  }
}

function isStillThere({ clock, table }: Ports, { expiresAt, generation }: OpenInst): boolean {
  return (expiresAt === null || expiresAt > clock.now()) && !gone.get(table, generation);
}

function forget({ table }: Ports, question: string, decision: Decision): void {
  if (decisions.get(table, question) === decision) decisions.forget(table, question);
}
