import { DatabaseSync } from 'node:sqlite';

/** Stream records are readable for a day, as on AWS. */
const retentionSeconds = 24 * 60 * 60;

/**
 * Keeps the emulator's own file fast, from a second connection. The emulator numbers a stream record by searching for
 * the highest number so far, and reads by number, both without an index: every write would cost more than the previous
 * one. It also never deletes a record. The newest one has to stay, because the next number is derived from it.
 */
export function tendStreamRecords(dbPath: string, nowMs: number): void {
  const db = new DatabaseSync(dbPath, { timeout: 5_000 });
  try {
    db.exec(
      'CREATE INDEX IF NOT EXISTS chorus_stream_seq ON _stream_records(table_name, CAST(sequence_number AS INTEGER))',
    );
    db.prepare(
      `DELETE FROM _stream_records WHERE created_at < ? AND id NOT IN
       (SELECT MAX(id) FROM _stream_records GROUP BY table_name)`,
    ).run(Math.floor(nowMs / 1000) - retentionSeconds);
  } finally {
    db.close();
  }
}
