import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { parseRecordKey } from '../core/record-keys.ts';
import type { actionsOf } from '../permissions/contract.ts';
import { openInRecord } from './in-record.ts';
import type { InstPlace } from './inst-store.ts';
import { decidedLately } from './kept-decisions.ts';
import { openPublic } from './public.ts';

/** The one door to insts: whoever reads or writes a branch asks here first. */

/** An inst as one request sees it. */
export interface OpenInst {
  /** Null: a public one, which belongs to no record. */
  readonly recordName: string | null;
  readonly inst: string;
  /** Whose the documents of its branches are: of an inst made anew all branches begin empty. */
  readonly generation: string;
  /** None for public ones. */
  readonly markers: readonly string[];
  /** What the subscription allows one branch to hold; undefined: no limit. */
  readonly maxBranchBytes: number | undefined;
  /** How many may watch at once; undefined: no limit. */
  readonly maxConnections: number | undefined;
  /** From this millisecond on it is missing; null: never. */
  readonly expiresAt: EpochMs | null;
  /** Whether that is counted from an update already. */
  readonly updated: boolean;
}

export type InstAction = (typeof actionsOf.inst)[number];

export interface Wish {
  /** Each must be allowed. */
  readonly actions: readonly InstAction[];
  /** Make it where it is missing, with these markers (by default only `private`). */
  readonly create?: { readonly markers?: readonly string[] | undefined };
  /** Asked with each of many frames: what has been decided lately will do. */
  readonly often?: true;
  /**
   * Whatever has been decided lately: for who has found out that the inst is not what it was. What is decided now counts
   * from now on.
   */
  readonly anew?: true;
}

/** Who asks; decisions about updates and actions are kept for connections only. */
export interface InstCaller extends Caller {
  readonly connection?: {
    readonly id: ConnectionId;
    /** A connection token opens insts in records only if they are this one. */
    readonly login?: { readonly scope?: InstPlace };
  };
}

/**
 * Finds an inst and checks every action of the wish. Of two who make one at once both get the same. Of an inst that is just
 * being deleted nobody gets hold: whoever asks waits until it is gone.
 * @param address `recordName` may be a record key, of which only the name counts
 * @returns undefined when there is none and none was to be made
 * @throws Failure `not_authorized` with the reason, `not_logged_in`, `record_not_found`, `subscription_limit_reached`
 */
export async function openInst(
  ports: Ports,
  caller: InstCaller,
  address: InstPlace,
  wish: Wish,
): Promise<OpenInst | undefined> {
  const place = placeOf(address);
  refuseOutOfScope(caller, place);
  const { anew = false, ...rest } = wish;
  const decide = () => decideNow(ports, caller, place, rest);
  return caller.connection && comesInBursts(wish)
    ? decidedLately(ports, questionOf(caller, place, rest), decide, anew)
    : decide();
}

async function decideNow(ports: Ports, caller: InstCaller, place: InstPlace, wish: Wish) {
  const { recordName, inst } = place;
  return recordName === null
    ? openPublic(ports, caller.identity, inst, wish)
    : openInRecord(ports, caller, recordName, inst, wish);
}

function placeOf({ recordName, inst }: InstPlace): InstPlace {
  if (recordName === null) return { recordName, inst };
  return { recordName: (parseRecordKey(recordName)?.recordName ?? recordName).trim(), inst };
}

/** Public insts are open to any token, and to who has logged in without one. */
function refuseOutOfScope({ connection }: InstCaller, { recordName, inst }: InstPlace): void {
  const scope = connection?.login?.scope;
  if (!scope || recordName === null || (scope.recordName === recordName && scope.inst === inst)) return;
  throw new Failure('not_authorized', 'The connection token was made for another inst.', {
    reason: { type: 'invalid_token' },
  });
}

/** All else comes seldom, and can as well be decided every time. */
const comesInBursts = ({ actions, often }: Wish): boolean =>
  often === true || actions.includes('updateData') || actions.includes('sendAction');

/** Whatever the answer depends on, but for what the tables hold. */
function questionOf({ identity, connection }: InstCaller, place: InstPlace, wish: Wish): string {
  return JSON.stringify([connection?.id, identity?.userId, identity?.credential.id, identity?.role, place, wish]);
}
