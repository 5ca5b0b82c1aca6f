import { marshalItem } from '../../functions/adapters/dynamodb-json.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { BatchReader, StreamReader, StreamRecord } from '../../functions/core/stream-reader.ts';
import type { Item, Key, Table, TransactWrite } from '../../functions/core/table.ts';

/**
 * A small stream of the table. The readers receive what these ports write, in order, if the item says that something is
 * derived from it, like the event source's filter. Items expire when the test says so.
 */
export function streamOver(base: Ports, readers: readonly (StreamReader | BatchReader)[]) {
  const records: StreamRecord[] = [];
  const known = new Map<string, Key>();

  async function changing<T>(keys: readonly Key[], write: () => Promise<T>, isExpiry = false): Promise<T> {
    const before = await Promise.all(keys.map((key) => base.table.get(key)));
    const written = await write();
    const after = await Promise.all(keys.map((key) => base.table.get(key)));
    keys.forEach((key, at) => {
      known.set(JSON.stringify(key), key);
      tell(key, before[at], after[at], isExpiry);
    });
    return written;
  }

  function tell(key: Key, before: Item | undefined, after: Item | undefined, isExpiry: boolean): void {
    if (JSON.stringify(before) === JSON.stringify(after)) return;
    if (before?.derives === undefined && after?.derives === undefined && after?.hooked !== true) return;
    records.push({
      eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      dynamodb: {
        SequenceNumber: String(records.length),
        Keys: marshalItem({ ...key }),
        ...(before ? { OldImage: marshalItem(before) } : {}),
        ...(after ? { NewImage: marshalItem(after) } : {}),
      },
      ...(isExpiry ? { userIdentity: { principalId: 'dynamodb.amazonaws.com' } } : {}),
    });
  }

  const table: Table = Object.assign(Object.create(base.table), {
    put: (item: Key & Item, ...rest: []) => changing([keyOf(item)], () => base.table.put(item, ...rest)),
    update: (key: Key, ...rest: [never]) => changing([key], () => base.table.update(key, ...rest)),
    delete: (key: Key, ...rest: []) => changing([key], () => base.table.delete(key, ...rest)),
    transact: (writes: readonly TransactWrite[], ...rest: []) =>
      changing(writes.map(writtenBy), () => base.table.transact(writes, ...rest)),
  });
  const ports: Ports = Object.create(base, { table: { value: table } });

  return {
    ports,
    /** Has the readers process all writes, and the writes that these cause; each record so many times. */
    async drain({ as = ports, times = 1 } = {}): Promise<number> {
      let count = 0;
      for (let record = records[0]; record; record = records[0], count++) {
        for (let time = 0; time < times; time++) {
          for (const reader of readers) if (reader.reads(record)) await readWith(reader, as, record);
        }
        records.shift();
      }
      return count;
    },
    /** Drops unprocessed records, as if their attempts were used up. */
    drop: () => void records.splice(0),
    /** DynamoDB deletes expired items that these ports have written. */
    async expire(): Promise<void> {
      for (const key of known.values()) {
        const ttl = (await base.table.get(key))?.ttl;
        if (typeof ttl === 'number' && ttl * 1000 <= base.clock.now()) {
          await changing([key], () => base.table.delete(key), true);
        }
      }
    },
  };
}

function readWith(reader: StreamReader | BatchReader, ports: Ports, record: StreamRecord): Promise<void> {
  return 'read' in reader ? reader.read(ports, record) : reader.readAll(ports, [record]);
}

const keyOf = ({ pk, sk }: Key): Key => ({ pk, sk });

function writtenBy(write: TransactWrite): Key {
  if ('put' in write) return keyOf(write.put);
  if ('update' in write) return write.update;
  return 'delete' in write ? write.delete : write.check;
}
