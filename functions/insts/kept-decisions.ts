import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { keptByTable } from './kept.ts';
import type { OpenInst } from './open-inst.ts';

/**
 * How long a connection's updates and actions go by one decision, in milliseconds from when that began to be made: an
 * editor types faster than anybody revokes. Whoever deletes an inst waits as long between closing it and taking it away, so
 * that no decision outlives the inst.
 */
export const keptMs = 2_000;

interface Decision {
  readonly since: EpochMs;
  readonly inst: Promise<OpenInst | undefined>;
}

const decisions = keptByTable<Decision>(2_000);

/** Generations that somebody here has found gone: no decision about one of them counts any more. */
const gone = keptByTable<true>(2_000);

/** An inst is not there any more, whatever has been decided lately. */
export function noteGone({ table }: Ports, { generation }: Pick<OpenInst, 'generation'>): void {
  gone.set(table, generation, true);
}

/**
 * Decides, or goes by the decision made for the same question just now. What was refused, or not found, is asked anew.
 * @param anew decides in any case
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
