import type { App } from '../core/app.ts';
import type { BucketDefinition } from '../core/bucket-definition.ts';
import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import { arrangementOf, referencesOf } from './bucket.ts';
import { codedBucket } from './bucket-store.ts';
import type { BesideWrite } from './change-bucket.ts';

/**
 * A deletion has to know which buckets may refer to the record. So each bucket lists them, updated in the transaction
 * that defines or drops the referring bucket.
 */
interface Noted {
  /** The references to the bucket itself, including those of its own records. */
  readonly referencedBy: ReadonlySet<string> | undefined;
  /** The writes for other buckets. */
  readonly writes: readonly BesideWrite[];
}

/** @param before a definition whose references are already noted */
export function noteReferences(
  app: App,
  name: string,
  definition: BucketDefinition,
  referencedBy: ReadonlySet<string> | undefined,
  before: Pick<BucketDefinition, 'schema'> = { schema: {} },
): Noted {
  const known = targetsOf(before);
  const targets = [...targetsOf(definition)].filter(([target]) => !known.has(target));
  return {
    referencedBy: targets.some(([target]) => target === name) ? new Set([...(referencedBy ?? []), name]) : referencedBy,
    writes: targets
      .filter(([target]) => target !== name)
      .map(([target, field]) => ({ write: note(app, name, target), refusal: () => noTarget(name, field, target) })),
  };
}

export function dropReferences(
  name: string,
  definition: BucketDefinition,
  referencedBy: ReadonlySet<string> | undefined,
): Noted {
  const others = [...targetsOf(definition).keys()].filter((target) => target !== name);
  const left = [...(referencedBy ?? [])].filter((one) => one !== name);
  return {
    referencedBy: left.length > 0 ? new Set(left) : undefined,
    writes: others.map((target) => ({
      write: {
        update: keys.bucket(target),
        change: ex`ADD revision ${1} DELETE referencedBy ${new Set([name])}`,
      },
    })),
  };
}

/** Without an item there are no rows yet, so their layout follows the code. */
function note(app: App, name: string, target: string): BesideWrite['write'] {
  const coded = codedBucket(app, target);
  const update = keys.bucket(target);
  if (!coded) {
    const when = ex`attribute_exists(definition)`;
    return { update, change: ex`ADD revision ${1}, referencedBy ${new Set([name])}`, when };
  }
  const { layout, shards, isCounted, claimed } = arrangementOf(coded);
  const change = ex`SET layout = if_not_exists(layout, ${layout}), shards = if_not_exists(shards, ${shards}), isCounted = if_not_exists(isCounted, ${isCounted}), claimed = if_not_exists(claimed, ${claimed}) ADD revision ${1}, referencedBy ${new Set([name])}`;
  return { update, change };
}

/** Buckets that a definition refers to, each with the first field that does. */
function targetsOf(definition: Pick<BucketDefinition, 'schema'>): Map<string, string> {
  return new Map(
    referencesOf(definition)
      .map(({ bucket, field }) => [bucket, field] as const)
      .reverse(),
  );
}

function noTarget(name: string, field: string, target: string): Failure {
  const sentence = `Bucket "${name}", field "${field}": it refers to "${target}", which is no bucket.`;
  return new Failure('unacceptable_request', sentence);
}
