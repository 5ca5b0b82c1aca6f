import type * as Y from 'yjs';
import type { Entry } from '../core/channel/channel.ts';
import { together } from '../core/concurrently.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { ChannelName, UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { announce } from '../memory/announcing.ts';
import { change, type Delivery, remove, type WrittenInstance, wasMade } from '../memory/change.ts';
import { bodyIn, bodyText } from '../memory/document.ts';
import { readKey } from '../memory/reading.ts';
import { wantedOf } from './follow-keys.ts';
import { fromDocument } from './key-attributes.ts';
import { isBeyondKeys, isSameKey, type KeyInDocument, keyIn, keysIn, rootOf, textOfKey } from './key-in-document.ts';
import { readableOnes } from './readable.ts';
import { apply } from './yjs-document.ts';

interface Following {
  /** The document as of the last agreement with the keys. */
  readonly doc: Y.Doc;
  readonly channel: ChannelName;
  /** Later entries. */
  readonly news: readonly Entry[];
  /** Identifies the changes of keys. */
  readonly delivery: Delivery;
}

export interface Followed {
  /** Keys that cannot take the document's value. */
  readonly refused: readonly string[];
  /** Keys that have changed since the agreement: they must be written into the document before they take its value. */
  readonly overtaken: readonly string[];
}

const atOnce = 10;

/**
 * Applies later entries to a document, changes the keys to its values, and broadcasts the changes to clients that use
 * keys.
 * @returns 'senseless' if Yjs could not apply an entry, which was then removed from the log: the document must be read
 * again
 */
export async function followDocument(
  ports: Ports,
  instance: WrittenInstance,
  { doc, channel, news, delivery }: Following,
): Promise<Followed | 'senseless'> {
  const root = rootOf(doc);
  const agreed = keysIn(root);
  const touched = new Map<string, UserId>();
  for (const entry of news) {
    const { by } = bodyIn(entry.body);
    const note = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]) => {
      for (const key of events.flatMap((event) => namesIn(event, root))) if (by !== null) touched.set(key, by);
    };
    root.observeDeep(note);
    try {
      apply(doc, readableOnes(bodyIn(entry.body).updates));
    } catch (cause) {
      ports.log.error('an update means nothing to Yjs', cause, { channel, sequence: entry.sequence });
      await takeOut(ports, channel, entry);
      return 'senseless';
    }
    root.unobserveDeep(note);
  }
  const isChanged = (key: string) => textOfKey(keyIn(root, key)) !== textOfKey(agreed.get(key));
  const changed = [...touched].filter(([key]) => isBeyondKeys(root, key) || isChanged(key));
  const [refused, overtaken]: [string[], string[]] = [[], []];
  for (let at = 0; at < changed.length; at += atOnce) {
    await together(
      changed.slice(at, at + atOnce).map(async ([key, by]) => {
        if (isBeyondKeys(root, key)) return refused.push(key);
        const ground = agreed.get(key);
        const outcome = await follow(ports, instance, { key, by, ground, said: keyIn(root, key), delivery });
        if (outcome === 'refused') refused.push(key);
        if (outcome === 'overtaken') overtaken.push(key);
      }),
    );
  }
  return { refused, overtaken };
}

/** The names of the keys in an event. */
function namesIn(event: Y.YEvent<Y.AbstractType<unknown>>, root: Y.Map<unknown>): string[] {
  if (event.target === root) return [...event.changes.keys.keys()];
  const [name] = event.path;
  return name === undefined ? [] : [String(name)];
}

interface OneKey {
  readonly key: string;
  readonly by: UserId;
  /** The value of the last agreement. */
  readonly ground: KeyInDocument | undefined;
  readonly said: KeyInDocument | undefined;
  readonly delivery: Delivery;
}

async function follow(
  ports: Ports,
  instance: WrittenInstance,
  { key, by, ground, said, delivery }: OneKey,
): Promise<'followed' | 'refused' | 'overtaken'> {
  const { id: instanceId } = instance;
  try {
    const before = await readKey(ports, instanceId, key);
    const now = before && (await wantedOf(ports, instanceId, before));
    const isGround = isSameKey(now, ground) || isSameKey(now, said);
    if (!isGround && !(await wasMade(ports, instanceId, key, delivery))) return 'overtaken';
    const attributes = said && fromDocument(said.attributes, before?.attributes);
    const ifVersion = before?.version ?? 0;
    const outcome = said
      ? await change(ports, instance, { key, value: said.value, attributes, ifVersion, by }, delivery)
      : await remove(ports, instance, { key, by }, delivery);
    const id = `${delivery.request}:${key}`;
    await announce(ports, instanceId, outcome, { sender: undefined, id, isBridged: true });
    return 'followed';
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    if (thrown.code === 'conflict') return 'overtaken';
    ports.log.info('a key stays what it is', { instanceId, key, code: thrown.code });
    return 'refused';
  }
}

/** Removes an entry from the log, because clients could not apply it either. */
async function takeOut(ports: Ports, channel: ChannelName, { sequence, body, blob }: Entry): Promise<void> {
  const nothing = bodyText({ ...bodyIn(body), updates: [] });
  await ports.table.update(keys.entry(channel, sequence), ex`SET body = ${nothing} REMOVE blob`, {
    when: ex`attribute_exists(pk)`,
  });
  if (blob !== undefined) await ports.blobs.delete(blob);
}
