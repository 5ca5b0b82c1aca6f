import { differenceTo, stateVectorOf } from '../../client/update-difference.ts';
import { writeUpdate, type YjsUpdate } from '../../client/yjs-update.ts';
import { identityOf } from '../auth/identity.ts';
import { base64 } from '../core/base64.ts';
import type { SocketCaller } from '../core/caller.ts';
import { write } from '../core/channel/document.ts';
import { deliverEntry } from '../core/channel/entry-delivery.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { covers } from '../documents/coverage.ts';
import { isThere, promiseToBridge, wantBridged } from '../memory/bridge.ts';
import { refuseReadOnly, type WrittenInstance } from '../memory/change.ts';
import { bodyText, documentChannel, documentOf, maxDocumentBytes } from '../memory/document.ts';
import { readWhole } from './reading.ts';

/**
 * Stores a client's answer to the server's state vector. Each returning client sends all deletions again, so mostly
 * nothing in it is new.
 */
export async function addLacking(ports: Ports, caller: SocketCaller, instance: WrittenInstance, update: YjsUpdate) {
  const whole = await readWhole(ports, instance.id);
  if (covers(whole, [update])) return;
  await add(ports, caller, instance, differenceTo(stateVectorOf([whole]), update) ?? update);
}

/**
 * Stores an update and broadcasts it; the keys follow. An empty update is not stored.
 * @throws Failure `instance_readonly`, `max_size_reached`, `not_found`
 */
export async function add(ports: Ports, caller: SocketCaller, instance: WrittenInstance, update: YjsUpdate) {
  if (update.structs.length + update.deletions.length === 0) return;
  refuseReadOnly(instance);
  const { id: instanceId } = instance;
  const { connection, frame } = caller;
  const channel = documentOf(instanceId);
  await promiseToBridge(ports, instanceId);
  const wrote = await write(ports, documentChannel, channel, {
    of: instanceId,
    from: connection.id,
    request: frame.requestId,
    body: bodyText({ updates: [base64(writeUpdate(update))], by: identityOf(caller).userId }),
    mostBytes: maxDocumentBytes,
    note: () => isThere(ports, instanceId),
  });
  if (wrote.kind === 'full') throw new Failure('max_size_reached', 'The document has no room for that.');
  if (wrote.kind === 'foreign') throw new Failure('not_found', 'Instance not found');
  const others = wrote.listeners.filter(({ connectionId }) => connectionId !== connection.id);
  await deliverEntry(ports, documentChannel, channel, wrote.entry, others, wrote.head);
  await wantBridged(ports, instanceId, wrote.entry.sequence);
}
