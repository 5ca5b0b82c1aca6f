import type { TableClient } from '../dynamodb/client.ts';
import type { EngineRecord } from './record.ts';

/** A reader's position in a table's stream. */
export interface Position {
  /** The engine's name of the stream. A position is only valid for the stream of this name. */
  readonly streamArn: string;
  readonly shardId: string;
  /** The last finished record; empty before the first. */
  readonly sequenceNumber: string;
}

/** Reads one table's stream from a position on. */
export interface StreamSource {
  readonly position: Position | undefined;
  /** The next records, at most `limit` of them, without advancing. */
  read(limit: number): Promise<readonly EngineRecord[]>;
  /** Advances: everything up to this record is finished. */
  advance(record: EngineRecord): void;
}

interface Shard {
  readonly ShardId: string;
}

/**
 * @param kept the position of an earlier run. Ignored if the stream is another one; reading then starts at its oldest
 * record
 */
export function createStreamSource(client: TableClient, tableName: string, kept: Position | undefined): StreamSource {
  let position = kept;
  let known = false;
  /** The engine's iterator after the last read; saves requesting a new one each time. */
  let next: { readonly iterator: string; readonly after: string } | undefined;

  /** Finds the stream of the table, and the first shard with records left. */
  async function locate(): Promise<Position> {
    const { Streams } = await client.callStreams('ListStreams', { TableName: tableName });
    // ListStreams always answers a list of streams, the current one last.
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

  /** A shard without a next iterator is closed; later records have another shard. */
  async function moveToNextShard(here: Position): Promise<void> {
    const shards = await shardsOf(here.streamArn);
    const following = shards[shards.findIndex((shard) => shard.ShardId === here.shardId) + 1];
    if (following) position = { ...here, shardId: following.ShardId, sequenceNumber: '' };
  }
}
