import type { AuditEntry } from '../core/app.ts';
import { Failure } from '../core/errors.ts';
import { implement } from '../core/implement.ts';
import { auditContract, mostEntries, usualEntries } from './contract.ts';
import { entriesBackward, retentionMs } from './entry-store.ts';

/** The most entries that one request reads, even if few of them match. */
const mostRead = 50_000;

/** Another server's clock may be ahead of ours. */
const clocksDifferMs = 10_000;

/** The audit log, for callers who may read it. */
export const audit = implement('audit', auditContract, {
  async query(ports, _, { limit = usualEntries, from, to, ...wanted }) {
    const now = ports.clock.now();
    const oldest = Math.max(Math.ceil(from ?? 0), now - retentionMs(ports));
    const newest = Math.min(Math.floor(to ?? now + clocksDifferMs), now + clocksDifferMs);
    const entries: AuditEntry[] = [];
    let read = 0;
    for await (const entry of entriesBackward(ports, oldest, newest)) {
      read += 1;
      if (read > mostRead) {
        throw new Failure('unacceptable_request', `from, to: more than ${mostRead} entries are between them.`);
      }
      if (isWanted(entry, wanted)) entries.push(entry);
      if (entries.length >= Math.min(limit, mostEntries)) break;
    }
    return { entries };
  },
});

type Wanted = Partial<Record<'userId' | 'operation' | 'result', string | undefined>>;

function isWanted(entry: AuditEntry, { userId, operation, result }: Wanted): boolean {
  return (
    (userId === undefined || entry.userId === userId) &&
    (operation === undefined || entry.operation === operation) &&
    (result === undefined || entry.result === result)
  );
}
