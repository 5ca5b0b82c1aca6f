import type { TableClient } from '../dynamodb/client.ts';
import type { EngineRecord } from './record.ts';

/** Where a reader stands in a table's stream. */
export interface Position {
  /** The engine's name of the stream: another one, and the position means nothing any more. */
  readonly streamArn: string;
  readonly shardId: string;
  /** The last record that is done; empty before the first. */
  readonly sequenceNumber: string;
}

/** Reads one table's stream from a position on. */
export interface StreamSource {
  readonly position: Position | undefined;
  /** The next records, at most `limit` of them, without moving on. */
  read(limit: number): Promise<readonly EngineRecord[]>;
  /** Everything up to this record is done. */
  advance(record: EngineRecord): void;
}

interface Shard {
  readonly ShardId: string;
}

/**
 * @param kept where an earlier run stood; counts only if the stream is still the same one, else reading starts at its
 *   oldest record
 */
export function createStreamSource(client: TableClient, tableName: string, kept: Position | undefined): StreamSource {
  let position = kept;
  let known = false;
  /** The engine's bookmark behind what was read last; saves asking for one each time. */
  let next: { readonly iterator: string; readonly after: string } | undefined;

  /** Joins the stream of the table, and the first shard that still has something. */
  async function locate(): Promise<Position> {
    const { Streams } = await client.callStreams('ListStreams', { TableName: tableName });
    // ListStreams always answers a list of streams, the present one last.
    const streamArn = (Streams as { StreamArn: string }[]).at(-1)?.StreamArn;
    if (streamArn === undefined) throw new Error(`The table ${tableName} has no stream.`);
    if (position?.streamArn === streamArn) return position;
    const [first] = await shardsOf(streamArn);
    if (!first) throw new Error(`The stream of ${tableName} has no shard.`);
    return { streamArn, shardId: first.ShardId, sequenceNumber: '' };
  }

  async function shardsOf(streamArn: string): Promise<Shard[]> {
    const { StreamDescription } = await client.callStreams('DescribeStream', { StreamArn: streamArn });
    // DescribeStream always answers its shards in order of age.
    return (StreamDescription as { Shards: Shard[] }).Shards;
  }

  async function iteratorAt({ streamArn, shardId, sequenceNumber }: Position): Promise<string> {
    if (next?.after === `${shardId} ${sequenceNumber}`) return next.iterator;
    const start =
      sequenceNumber === ''
        ? { ShardIteratorType: 'TRIM_HORIZON' }
        : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: sequenceNumber };
    const { ShardIterator } = await client.callStreams('GetShardIterator', {
      StreamArn: streamArn,
      ShardId: shardId,
      ...start,
    });
    return String(ShardIterator);
  }

  return {
    get position() {
      return position;
    },
    async read(limit) {
      const here = known && position ? position : await locate();
      position = here;
      known = true;
      const answer = await client.callStreams('GetRecords', { ShardIterator: await iteratorAt(here), Limit: limit });
      // GetRecords always answers a list of records.
      const records = answer.Records as EngineRecord[];
      const last = records.at(-1)?.dynamodb.SequenceNumber ?? here.sequenceNumber;
      if (answer.NextShardIterator) {
        next = { iterator: String(answer.NextShardIterator), after: `${here.shardId} ${last}` };
      } else if (records.length === 0) {
        await moveToNextShard(here);
      }
      return records;
    },
    advance(record) {
      if (position) position = { ...position, sequenceNumber: record.dynamodb.SequenceNumber };
    },
  };

  /** A shard without a next iterator is closed; what comes after it has a shard of its own. */
  async function moveToNextShard(here: Position): Promise<void> {
    const shards = await shardsOf(here.streamArn);
    const following = shards[shards.findIndex((shard) => shard.ShardId === here.shardId) + 1];
    if (following) position = { ...here, shardId: following.ShardId, sequenceNumber: '' };
  }
}
