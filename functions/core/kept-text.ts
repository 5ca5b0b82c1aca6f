import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { EpochMs } from './names.ts';
import type { Ports } from './ports.ts';
import type { Key, TransactWrite } from './table.ts';

/**
 * Texts that may be too large for an item. A large text is stored as a blob, and the item has its name. While no item
 * refers to a blob, an expiring row does, and the blob is deleted with that row. So a handler that dies between two
 * writes leaves nothing behind, and the sweep never deletes a blob to which an item refers. The steps of a change:
 * {@link keep}; one transaction with the item, {@link adopting} the new text and {@link releasing} the old one;
 * {@link discard} the old one.
 */
export type KeptText = { readonly text: string } | { readonly blob: string };

type Needed = Pick<Ports, 'table' | 'blobs' | 'clock' | 'ids'>;

/** DynamoDB items have at most 400 KB; the rest is for the item's other attributes. */
const usually: Keeping = { folder: 'texts/', maxInlineBytes: 350_000 };
/** Longer than any request, and than DynamoDB's delay in deleting expired rows. */
const looseMs = 24 * 3_600_000;

/** The folder of blobs, and from which size on a text becomes one. */
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

/** @returns undefined when the text was replaced after its item was read: read the item again */
export async function read({ blobs }: Pick<Ports, 'blobs'>, kept: KeptText): Promise<string | undefined> {
  return 'text' in kept ? kept.text : blobs.get(kept.blob);
}

/** Belongs into the transaction that puts the item. Loses when the blob has been swept. */
export function adopting(kept: KeptText): TransactWrite[] {
  return 'blob' in kept ? [{ delete: keys.looseBlob(kept.blob), when: ex`attribute_exists(pk)` }] : [];
}

/**
 * Belongs into the transaction after which no item refers to the text, or only one that expires.
 * @param until when the blob is deleted unless it is discarded earlier; default: in a day
 */
export function releasing(ports: Needed, kept: KeptText, until?: EpochMs): TransactWrite[] {
  return 'blob' in kept ? [{ put: looseRow(ports, kept.blob, until) }] : [];
}

/** Deletes a released blob at once. If that fails, its expiring row deletes it later. */
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
