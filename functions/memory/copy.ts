import { concurrently } from '../core/concurrently.ts';
import { Failure } from '../core/errors.ts';
import type { UserId } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { countLess, takeVersion } from './head-store.ts';
import type { MemoryKey } from './memory-key.ts';
import { outlineKeys, valueText } from './reading.ts';
import { putEntry, type RowOutline } from './row-store.ts';
import { keepValue } from './values.ts';

/**
 * Limited, because a copy must end before the caller's request does, and DynamoDB takes some 4 MB of values a second.
 */
const maxCopiedBytes = 32 * 1024 * 1024;
/** How much is in memory at a time. */
const partBytes = 4 * 1024 * 1024;
const partKeys = 500;
const atOnce = 25;

/**
 * Copies the keys of an instance to a new one, which nobody can see yet.
 * @throws Failure `too_large`; `not_found` when the new one was erased meanwhile
 */
export async function copyMemory(
  ports: Ports,
  { from, to, by }: { readonly from: string; readonly to: string; readonly by: UserId },
): Promise<void> {
  const { outlines, keysOf } = await outlineKeys(ports, from);
  const bytes = outlines.reduce((sum, { valueBytes }) => sum + valueBytes, 0);
  if (bytes > maxCopiedBytes) {
    const tooMuch = `The values of an instance that is copied have at most ${maxCopiedBytes} bytes together, and these have ${bytes}.`;
    throw new Failure('too_large', tooMuch);
  }
  if (outlines.length === 0) return;
  const head = await takeVersion(ports, to, { keys: outlines.length, bytes }, outlines.length);
  if (head === 'refused') throw new Failure('not_found', 'Instance not found');
  let version = head.sequence - outlines.length;
  const copied = { keys: 0, bytes: 0 };
  for (const part of partsOf(outlines)) {
    const entries = (await keysOf(part)).map((entry) => ({ entry, version: ++version }));
    await concurrently(atOnce, entries, async ({ entry, version }) => {
      const copy = await copyOf(ports, { from, to, by, entry, version });
      if (!copy) return;
      copied.keys += 1;
      copied.bytes += copy.bytes;
    });
  }
  await countLess(ports, to, { keys: outlines.length - copied.keys, bytes: bytes - copied.bytes });
}

interface Copying {
  readonly from: string;
  readonly to: string;
  readonly by: UserId;
  readonly entry: MemoryKey;
  readonly version: number;
}

/** @returns undefined when the key has gone since it was listed */
async function copyOf(ports: Ports, { from, to, by, entry, version }: Copying): Promise<MemoryKey | undefined> {
  const text = await valueText(ports, from, entry);
  if (text === undefined) return undefined;
  const { key, attributes } = entry;
  const kept = await keepValue(ports, { instanceId: to, key, attributes: JSON.stringify(attributes) }, text);
  const at = ports.clock.now();
  const { isReadonlyUnsaid = false } = entry;
  const copy: MemoryKey = { key, ...kept, attributes, isReadonlyUnsaid, version, updatedAt: at, updatedBy: by };
  const writer = { request: ports.ids.uuid(), at };
  return (await putEntry(ports, { instanceId: to, base: undefined, by: writer, hooked: false }, copy))
    ? copy
    : undefined;
}

function partsOf(outlines: readonly RowOutline[]): RowOutline[][] {
  const parts: RowOutline[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const outline of outlines) {
    bytes += outline.bytes;
    if (bytes > partBytes || parts.at(-1)?.length === partKeys) {
      parts.push([]);
      bytes = outline.bytes;
    }
    parts.at(-1)?.push(outline);
  }
  return parts;
}
