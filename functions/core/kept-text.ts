import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { EpochMs } from './names.ts';
import type { Ports } from './ports.ts';
import type { Key, TransactWrite } from './table.ts';

/**
 * Texts that may be too large for an item. A large one is a blob, and its name stands in the item. While no item refers to
 * a blob, a row that expires does, and takes the blob along when it goes: so whatever dies between two writes leaves
 * nothing behind, and nothing that an item refers to can be swept away. The steps of a change: {@link keep}; one transaction
 * with the item, {@link adopting} the new text and {@link releasing} the old one; {@link discard} the old one.
 */
export type KeptText = { readonly text: string } | { readonly blob: string };

type Needed = Pick<Ports, 'table' | 'blobs' | 'clock' | 'ids'>;

/** An item may have 400 KB; the rest is for what stands beside the text. */
const usually: Keeping = { folder: 'texts/', maxInlineBytes: 350_000 };
/** Longer than any request takes, and than DynamoDB is late. */
const looseMs = 24 * 3_600_000;

/** Where blobs go, and from which size on a text is one. */
export interface Keeping {
  /** Ends in `/`. */
  readonly folder: string;
  readonly maxInlineBytes: number;
}

export async function keep(
  ports: Needed,
  text: string,
  { folder, maxInlineBytes }: Keeping = usually,
): Promise<KeptText> {
  if (Buffer.byteLength(text) <= maxInlineBytes) return { text };
  const blob = `${folder}${ports.ids.uuid()}`;
  await ports.table.put(looseRow(ports, blob));
  await ports.blobs.put(blob, text);
  return { blob };
}

/** @returns undefined when it has been replaced since its item was read: read that again */
export async function read({ blobs }: Pick<Ports, 'blobs'>, kept: KeptText): Promise<string | undefined> {
  return 'text' in kept ? kept.text : blobs.get(kept.blob);
}

/** Belongs into the transaction that puts the item. Loses when the blob has been swept. */
export function adopting(kept: KeptText): TransactWrite[] {
  return 'blob' in kept ? [{ delete: keys.looseBlob(kept.blob), when: ex`attribute_exists(pk)` }] : [];
}

/**
 * Belongs into the transaction after which no item refers to it, or none does once it has expired itself.
 * @param until when the blob goes, if nobody discards it before; a day from now without it
 */
export function releasing(ports: Needed, kept: KeptText, until?: EpochMs): TransactWrite[] {
  return 'blob' in kept ? [{ put: looseRow(ports, kept.blob, until) }] : [];
}

/** Deletes at once what was released. Should that fail, its row takes it along later. */
export async function discard({ table, blobs, log }: Needed & Pick<Ports, 'log'>, kept: KeptText): Promise<void> {
  if (!('blob' in kept)) return;
  try {
    await blobs.delete(kept.blob);
    await table.delete(keys.looseBlob(kept.blob));
  } catch (cause) {
    log.error('a blob that nobody needs is left to its row', cause, { blob: kept.blob });
  }
}

function looseRow({ clock }: Needed, blob: string, until?: EpochMs): Key & Readonly<Record<string, unknown>> {
  const ttl = Math.ceil((until ?? clock.now() + looseMs) / 1000);
  return { ...keys.looseBlob(blob), derives: 'cleaning', ttl };
}
