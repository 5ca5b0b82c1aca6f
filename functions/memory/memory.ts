import { identityOf } from '../auth/identity.ts';
import type { SocketCaller } from '../core/caller.ts';
import { isSameJson } from '../core/canonical.ts';
import { Failure } from '../core/errors.ts';
import { hasAnswered, implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { openInstance } from '../projects/reach.ts';
import { announce } from './announcing.ts';
import { authenticate } from './authenticating.ts';
import { change, type Delivery, maxValueBytes, remove } from './change.ts';
import { clearAll } from './clearing.ts';
import { memoryContract } from './contract.ts';
import { entryJson } from './frames.ts';
import { keysInOrder, listPage } from './listing.ts';
import { checkName, type MemoryKey } from './memory-key.ts';
import { instanceOn } from './path.ts';
import { readKey, valueNow, valueText } from './reading.ts';
import { postUntilTrue, type Telling } from './telling.ts';
import { openUpload, readUploaded } from './uploads.ts';
import { isOwnAddress } from './values.ts';
import { clearKeys, deleteKey, writeKey } from './writing.ts';

/** The largest value in a request, and in an answer. */
const maxWholeBytes = 4 * 1024 * 1024;

/**
 * The memory of an instance, over HTTP and over sockets, each of which serves one instance. An acknowledged change is
 * durable. Over HTTP the answer acknowledges it; over a socket, the broadcast that its sender receives too.
 */
export const memory = implement('memory', memoryContract, {
  async listKeys(ports, caller, { id, limit, cursor }) {
    await openInstance(ports, caller, id, 'read');
    const { entries, ...rest } = await listPage(ports, id, { limit, cursor });
    return keysInOrder(entries, rest);
  },

  async readKey(ports, caller, { id, key }) {
    await openInstance(ports, caller, id, 'read');
    const found = await readKey(ports, id, key);
    if (!found) throw new Failure('not_found', 'Key not found');
    const entry = entryJson(ports, found);
    const text = entry.valueRef && found.bytes <= maxWholeBytes ? await valueText(ports, id, found) : undefined;
    if (text === undefined || isTooMuchQuoted(text)) return { key, ...entry };
    const { valueRef: _, ...whole } = entry;
    return { key, ...whole, value: JSON.parse(text) };
  },

  async putKey(ports, caller, { id, key, value, uploadId, attributes, ifVersion }) {
    const { instance } = await openInstance(ports, caller, id, 'write');
    const isUploaded = uploadId !== undefined;
    if (!isUploaded && value === undefined) throw new Failure('unacceptable_request', 'value required');
    if (!isUploaded) refuseLarge(value);
    const given = isUploaded ? await readUploaded(ports, { uploadId, instanceId: id, key }) : value;
    const by = identityOf(caller).userId;
    const written = await writeKey(ports, instance, { key, value: given, attributes, ifVersion, by });
    return { success: true, key, ...written } as const;
  },

  async deleteKey(ports, caller, { id, key }) {
    const { instance } = await openInstance(ports, caller, id, 'write');
    const { version } = await deleteKey(ports, instance, { key, by: identityOf(caller).userId });
    return { success: true, version } as const;
  },

  async clearKeys(ports, caller, { id }) {
    const { instance } = await openInstance(ports, caller, id, 'admin');
    const { version } = await clearKeys(ports, instance, { by: identityOf(caller).userId });
    return { success: true, version } as const;
  },

  async uploadKey(ports, caller, { id, key, size, sha256 }) {
    const { instance } = await openInstance(ports, caller, id, 'write');
    if (instance.isReadOnly) throw new Failure('instance_readonly', 'The instance is read-only.');
    return openUpload(ports, { instanceId: id, key, size, sha256, by: identityOf(caller).userId });
  },

  async authenticate(ports, caller, { apiKey }) {
    await authenticate(ports, caller, apiKey);
    return hasAnswered;
  },

  async set(ports, caller, { key, value, attributes }) {
    const instanceId = instanceOn(caller.connection);
    checkName(key);
    try {
      const { instance } = await openInstance(ports, caller, instanceId, 'write');
      const wanted = { key, value, attributes, by: identityOf(caller).userId };
      await announce(ports, instanceId, await change(ports, instance, wanted, deliveryOf(caller)), senderOf(caller));
    } catch (thrown) {
      const echoed = await echoOf(ports, thrown, instanceId, { key, value, attributes });
      if (!echoed) throw thrown;
      if (isReadOnly(thrown)) await postUntilTrue(ports, instanceId, { state: echoed }, [caller.connection.id]);
    }
    return hasAnswered;
  },

  async delete(ports, caller, { key }) {
    const instanceId = instanceOn(caller.connection);
    const { instance } = await openInstance(ports, caller, instanceId, 'write');
    const by = identityOf(caller).userId;
    await announce(ports, instanceId, await remove(ports, instance, { key, by }, deliveryOf(caller)), senderOf(caller));
    return hasAnswered;
  },

  async clear(ports, caller) {
    const { instance } = await openInstance(ports, caller, instanceOn(caller.connection), 'admin');
    const { requestId: request } = caller.frame;
    await clearAll(ports, instance, { by: identityOf(caller).userId, request, sender: caller.connection.id });
    return hasAnswered;
  },

  async ping() {
    return { type: 'pong' } as const;
  },
});

const senderOf = ({ connection, frame }: SocketCaller): Telling => ({ sender: connection.id, id: frame.requestId });

const deliveryOf = ({ frame: { requestId, at, attempt } }: SocketCaller): Delivery => ({
  request: requestId,
  at,
  isRepeated: attempt > 1,
});

interface Sent {
  readonly key: string;
  readonly value: unknown;
  readonly attributes: Record<string, unknown> | undefined;
}

/**
 * Finds out whether a client that may not write sends only what is stored. 2.x clients send all their keys after each
 * change and after each refusal, so such a frame is not refused. A client with only `read` gets no answer; in a
 * read-only instance it gets the key back, as for any change that changes nothing.
 * @returns the stored key; undefined if the frame would have changed it, or something else was wrong
 */
async function echoOf(
  ports: Ports,
  thrown: unknown,
  instanceId: string,
  { key, value, attributes }: Sent,
): Promise<MemoryKey | undefined> {
  if (!(thrown instanceof Failure) || !(thrown.code === 'not_authorized' || isReadOnly(thrown))) return undefined;
  const stored = await readKey(ports, instanceId, key);
  if (!stored || !isSameJson({ ...stored.attributes, ...attributes }, stored.attributes)) return undefined;
  const isSame =
    isOwnAddress(ports, { instanceId, key }, value) || isSameJson(await valueNow(ports, instanceId, stored), value);
  return isSame ? stored : undefined;
}

const isReadOnly = (thrown: unknown): boolean => thrown instanceof Failure && thrown.code === 'instance_readonly';

function refuseLarge(value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes <= maxWholeBytes) return;
  const words = `A value in a request has at most ${maxWholeBytes} bytes of JSON, and this one ${bytes}. Up to ${maxValueBytes} are taken by upload.`;
  throw new Failure('value_too_large', words);
}

/** Lambda answers with at most 6 MB, in which each quote and each backslash takes two bytes. */
const isTooMuchQuoted = (text: string) => Buffer.byteLength(JSON.stringify(text)) > 5.5 * 1024 * 1024;
