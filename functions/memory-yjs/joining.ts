import { stateVectorOf, writeStateVector } from '../../client/update-difference.ts';
import { writeSyncMessage } from '../../client/yjs-message.ts';
import type { SocketCaller } from '../core/caller.ts';
import { listen } from '../core/channel/listening.ts';
import { Failure } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { beginDocument, bridgeJob } from '../memory/bridge.ts';
import { readBridge } from '../memory/bridging.ts';
import { documentForm } from '../memory/channel.ts';
import { documentOf } from '../memory/document.ts';
import { hearNoKeys } from '../memory/sockets.ts';
import { frameFor } from '../yjs/frames.ts';
import { readWhole } from './reading.ts';

/**
 * Makes a connection one that edits the document, and sends it the server's state vector. If two frames of a connection
 * do so at once, it is sent twice, which is harmless.
 * @throws Failure `not_found`; `service_unavailable` if the document of an instance with keys cannot be made in time
 */
export async function join(ports: Ports, caller: SocketCaller, instanceId: string): Promise<void> {
  const channel = documentOf(instanceId);
  const { connection, frame } = caller;
  if (connection.channels.has(channel)) return;
  await makeDocument(ports, instanceId);
  const { id: connectionId, expiresAt } = connection;
  const entrant = { connectionId, expiresAt, at: frame.at, request: frame.requestId, about: '{}', form: documentForm };
  if (!(await listen(ports, channel, entrant))) return;
  await hearNoKeys(ports, instanceId, connectionId);
  const stateVector = writeStateVector(stateVectorOf([await readWhole(ports, instanceId)]));
  await ports.gateway.post([connectionId], await frameFor(ports, { kind: 'step1', stateVector }, writeSyncMessage));
}

/** How long the first editor waits while another job makes the document, in ms. */
const patienceMs = [50, 100, 200, 400, 800, 1600, 3200];

/**
 * Puts the keys into the document before the first editor reads it, because a client takes its first answer for
 * everything.
 */
async function makeDocument(ports: Ports, instanceId: string): Promise<void> {
  if ((await readBridge(ports, instanceId))?.isReady) return;
  // From now on, handlers that change a key record it. Keys that were changed before are read.
  if (!(await beginDocument(ports, instanceId))) throw new Failure('not_found', 'Instance not found');
  for (const patience of patienceMs) {
    await ports.functions.invoke('documents', bridgeJob(instanceId));
    if ((await readBridge(ports, instanceId))?.isReady) return;
    await ports.clock.wait(patience);
  }
  throw new Failure('service_unavailable', 'The document is not there yet: try again.');
}
