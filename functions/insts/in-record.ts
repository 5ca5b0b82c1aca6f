import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { authorizeMarkers } from '../permissions/marker-changes.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { roomIn } from '../records/counters.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { openRecord, ownerOf } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { Inst } from './inst-store.ts';
import { putInRecord, readInst } from './inst-store.ts';
import { finishLeaving } from './leaving.ts';
import type { InstAction, OpenInst, Wish } from './open-inst.ts';
import { openedAs } from './opened-as.ts';

/**
 * Opens an inst in a record. Its markers decide about permissions, the owner's subscription about the number of insts.
 */
export async function openInRecord(
  ports: Ports,
  caller: Caller,
  recordName: string,
  name: string,
  { actions, create }: Wish,
): Promise<OpenInst | undefined> {
  const opened = await openRecord(ports, caller, recordName);
  const place = { recordName: opened.record.name, inst: name };
  const { insts: limits } = await ports.limits.of(ownerOf(opened.record));
  if (limits?.allowed === false) throw new Failure('not_authorized', 'The subscription allows no insts.');

  return untilSettled(async () => {
    const inst = await readInst(ports, place);
    if (inst?.isLeaving) {
      await finishLeaving(ports, inst);
      return undefined;
    }
    if (inst) {
      await authorizeAll(ports, opened, inst, actions);
      return { answer: openedAs(inst, limits) };
    }
    if (!create) return { answer: undefined };
    const markers = [...new Set(create.markers ?? [builtIn.private])];
    await authorizeAll(ports, opened, { inst: name, markers }, [...new Set(['create', 'read', ...actions] as const)]);
    await authorizeMarkers(ports, opened, undefined, markers);
    const made = { ...place, generation: ports.ids.uuid(), markers, expiresAt: null, updated: false, isLeaving: false };
    const room = await roomIn(ports, opened.record, 'inst', limits?.maxInsts);
    const outcome = await putInRecord(ports, place.recordName, made, room);
    if (outcome === 'full') throw new Failure('subscription_limit_reached', 'The subscription allows no more insts.');
    return outcome === 'done' ? { answer: openedAs(made, limits) } : undefined;
  });
}

/** @throws Failure that names the first action that is not allowed */
export async function authorizeAll(
  ports: Ports,
  opened: OpenRecord,
  { inst, markers }: Pick<Inst, 'inst' | 'markers'>,
  actions: readonly InstAction[],
): Promise<void> {
  for (const action of actions) {
    await authorize(ports, opened, { kind: 'inst', action, resourceId: inst, markers });
  }
}
