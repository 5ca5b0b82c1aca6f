import type { Ports } from '../core/ports.ts';
import type { Bucket } from './bucket.ts';
import { readerOf, type StoreReader, waysTo } from './bucket-reader.ts';
import { bucketNamed } from './bucket-store.ts';
import { type Fields, type Filter, parseFilter } from './filter.ts';
import { isRecordKey } from './key-text.ts';
import { allOf, bucketItself, recordAt, recordsWith } from './touches.ts';

/**
 * Reads a bucket and reports what the results depend on: only changes of these things can affect them. The bucket is
 * looked up on first read.
 * @param depends is called before anything is read
 * @param opened is called with the bucket
 */
export function recordedReader(
  ports: Pick<Ports, 'table' | 'clock' | 'app'>,
  name: string,
  depends: (on: string) => void,
  opened: (bucket: Bucket) => void,
): StoreReader {
  let opening: ReturnType<typeof open> | undefined;

  async function open() {
    depends(bucketItself(name));
    const bucket = await bucketNamed(ports, name);
    opened(bucket);
    return { bucket, reader: readerOf(ports, bucket) };
  }

  /** A reader that also reports what the filter's result depends on. */
  async function reading(filter?: Fields) {
    opening ??= open();
    const { bucket, reader } = await opening;
    noteFilter(bucket, filter && parseFilter(filter), depends);
    return reader;
  }

  return {
    async get(key) {
      opening ??= open();
      const { reader } = await opening;
      if (isRecordKey(key)) depends(recordAt(name, key));
      return reader.get(key);
    },
    async matching(filter) {
      opening ??= open();
      const { bucket, reader } = await opening;
      noteFilter(bucket, filter, depends);
      return reader.matching(filter);
    },
    all: async () => (await reading()).all(),
    where: async (filter) => (await reading(filter)).where(filter),
    findOne: async (filter) => (await reading(filter)).findOne(filter),
    count: async (filter) => (await reading(filter)).count(filter),
    first: async (n) => (await reading()).first(n),
    last: async (n) => (await reading()).last(n),
    paginate: async (page) => (await reading()).paginate(page),
    sum: async (field, filter) => (await reading(filter)).sum(field, filter),
    avg: async (field, filter) => (await reading(filter)).avg(field, filter),
    min: async (field, filter) => (await reading(filter)).min(field, filter),
    max: async (field, filter) => (await reading(filter)).max(field, filter),
    groupBy: async (field, figure, filter) => (await reading(filter)).groupBy(field, figure, filter),
  };
}

/** A filter's result depends exactly on the records that are read for it. */
function noteFilter(bucket: Bucket, filter: Filter | undefined, depends: (on: string) => void): void {
  const { by, values } = waysTo(bucket, filter);
  if (by === undefined) depends(allOf(bucket.name));
  else if (by === 'key') for (const key of values) depends(recordAt(bucket.name, key));
  else for (const value of values) noteEntry(recordsWith(bucket, by.field, value), depends);
}

function noteEntry(on: string | undefined, depends: (on: string) => void): void {
  if (on !== undefined) depends(on);
}
