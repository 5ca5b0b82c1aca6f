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

/** The only access to insts: every read or write of a branch goes through here. */

/** An inst that was opened for one request. */
export interface OpenInst {
  /** Null: a public one, which belongs to no record. */
  readonly recordName: string | null;
  readonly inst: string;
  /** The owner of its branches' documents: branches of a new generation begin empty. */
  readonly generation: string;
  /** None for public ones. */
  readonly markers: readonly string[];
  /** The subscription's limit for the size of a branch; undefined: no limit. */
  readonly maxBranchBytes: number | undefined;
  /** The most concurrent watchers; undefined: no limit. */
  readonly maxConnections: number | undefined;
  /** From this millisecond on the inst counts as missing; null: never. */
  readonly expiresAt: EpochMs | null;
  /** Whether that is counted from an update already. */
  readonly updated: boolean;
}

export type InstAction = (typeof actionsOf.inst)[number];

export interface Wish {
  /** Each must be allowed. */
  readonly actions: readonly InstAction[];
  /** Create it if it does not exist, with these markers (default: only `private`). */
  readonly create?: { readonly markers?: readonly string[] | undefined };
  /** For frequent frames: a cached authorization is sufficient. */
  readonly often?: true;
  /** Ignores cached authorizations, for callers that have found the inst changed. The new one replaces them. */
  readonly anew?: true;
}

/** The caller. Authorizations are only cached for connections. */
export interface InstCaller extends Caller {
  readonly connection?: {
    readonly id: ConnectionId;
    /** The only inst in a record that the caller's connection token gives access to. */
    readonly login?: { readonly scope?: InstPlace };
  };
}

/**
 * Finds an inst and authorizes all actions. Concurrent creations result in the same inst. If the inst is being deleted,
 * the call waits until it is gone.
 * @param address `recordName` may be a record key, from which only the name is read
 * @returns undefined when it does not exist and is not to be created
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

/** Public insts are open to any token, and to logins without one. */
function refuseOutOfScope({ connection }: InstCaller, { recordName, inst }: InstPlace): void {
  const scope = connection?.login?.scope;
  if (!scope || recordName === null || (scope.recordName === recordName && scope.inst === inst)) return;
  throw new Failure('not_authorized', 'The connection token was made for another inst.', {
    reason: { type: 'invalid_token' },
  });
}

/** Only these actions come in bursts; all others are authorized every time. */
const comesInBursts = ({ actions, often }: Wish): boolean =>
  often === true || actions.includes('updateData') || actions.includes('sendAction');

/** Everything on which the authorization depends, except data in the tables. */
function questionOf({ identity, connection }: InstCaller, place: InstPlace, wish: Wish): string {
  return JSON.stringify([connection?.id, identity?.userId, identity?.credential.id, identity?.role, place, wish]);
}
