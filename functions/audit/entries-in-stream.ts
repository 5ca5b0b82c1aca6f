import { isAuditEntry } from '../core/keys.ts';
import type { StreamReader, StreamRecord } from '../core/stream-reader.ts';
import { keyIn, textIn } from '../core/stream-reader.ts';
import { entryIn } from './entry-store.ts';

/** Passes each finished entry to the application. The log is complete even if the application fails. */
export const auditEntries: StreamReader = {
  reads: (record) => finishedIn(record) !== undefined,
  async read({ app, log }, record) {
    const entry = finishedIn(record);
    if (entry === undefined) return;
    try {
      await app.audit?.onEntry?.(entryIn({ entry }));
    } catch (cause) {
      log.error('the application could not take an audit entry', cause);
    }
  },
};

/** The entry that a change finished. */
function finishedIn(record: StreamRecord): string | undefined {
  const key = keyIn(record);
  const { NewImage, OldImage } = record.dynamodb;
  if (!key || !isAuditEntry(key) || !NewImage || NewImage.isOpen !== undefined) return undefined;
  if (record.eventName === 'MODIFY' && OldImage?.isOpen === undefined) return undefined;
  return textIn(NewImage, 'entry');
}
