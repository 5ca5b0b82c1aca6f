import type { BucketDefinition } from '../core/bucket-definition.ts';
import { keys } from '../core/keys.ts';
import type { Ports } from '../core/ports.ts';
import { arrangementOf, indexesOf } from './bucket.ts';
import { bucketOf, codedBucket, definitionOf, type Kept, readKept } from './bucket-store.ts';
import { changeBucket } from './change-bucket.ts';
import { checkBucket, uniqueFields, updateBucket as updated } from './definition.ts';
import { indexingFor } from './rearranging.ts';
import { dropReferences, noteReferences } from './references-noted.ts';
import { declaredInCode, nameTaken, noBucket } from './refusals.ts';
import { bucketChange } from './touches.ts';
import { claimAll, freeAll, refuseDuplicates } from './unique-values.ts';

/**
 * Defining buckets at run time. Each change is one transaction, and every operation reads the definition, so that an
 * answered change is in effect everywhere.
 */

/** @throws Failure `unacceptable_request`, `already_exists` */
export async function defineBucket(ports: Ports, name: string, config: unknown): Promise<void> {
  const definition = checkBucket(name, config, 'runTime');
  if (codedBucket(ports.app, name)) throw nameTaken('bucket', name);
  await changeBucket(ports, name, (kept) => {
    if (kept.definition !== undefined) throw nameTaken('bucket', name);
    const noted = noteReferences(ports.app, name, definition, kept.referencedBy);
    return {
      after: {
        ...kept,
        definition: JSON.stringify(definition),
        definedAt: kept.generation,
        ...arrangementOf(definition),
        indexing: undefined,
        claiming: undefined,
        referencedBy: noted.referencedBy,
      },
      beside: [...noted.writes, { write: { put: { ...keys.bucketName(name) } } }],
    };
  });
}

/**
 * Drops a bucket. Its records do not come back, even under the same name. @throws Failure `bucket_not_defined`,
 * `not_authorized`
 */
export async function dropBucket(ports: Ports, name: string): Promise<void> {
  let generation = 0;
  await changeBucket(ports, name, (kept) => {
    const definition = definitionToChange(ports, name, kept);
    generation = kept.generation + 1;
    const noted = dropReferences(name, definition, kept.referencedBy);
    return {
      after: {
        ...kept,
        definition: undefined,
        generation,
        indexing: undefined,
        claiming: undefined,
        referencedBy: noted.referencedBy,
      },
      beside: [...noted.writes, { write: { delete: keys.bucketName(name) } }],
    };
  });
  ports.changes?.note([bucketChange(name, generation)]);
}

/** Begins a new generation, so that all records are gone at once. @throws Failure `bucket_not_defined` */
export async function clearBucket(ports: Ports, name: string): Promise<void> {
  let generation = 0;
  await changeBucket(ports, name, (kept) => {
    const definition = definitionOf(ports.app, name, kept.definition);
    if (!definition) throw noBucket(name);
    generation = kept.generation + 1;
    const arranged = { ...arrangementOf(definition), indexing: undefined, claiming: undefined };
    return { after: { ...kept, ...arranged, generation } };
  });
  ports.changes?.note([bucketChange(name, generation)]);
}

/**
 * Adds fields and indexes, or changes the lifetime; records stay. A new unique field must be unique among them, too.
 * @throws Failure `bucket_not_defined`, `not_authorized`, `unacceptable_request`; `already_exists` if two records have
 * the same value in a field that was to become unique: then nothing has changed
 */
export async function updateBucket(ports: Ports, name: string, updates: unknown): Promise<void> {
  let made: Made | undefined;
  await changeBucket(ports, name, async (kept) => {
    const before = definitionToChange(ports, name, kept);
    const definition = updated(name, before, updates);
    const unique = uniqueFields(definition).filter((field) => !uniqueFields(before).includes(field));
    await refuseDuplicates(ports, bucketOf(ports.app, name, kept), unique);
    const noted = noteReferences(ports.app, name, definition, kept.referencedBy, before);
    made = { unique, before: kept.definition, after: JSON.stringify(definition) };
    return {
      after: {
        ...kept,
        ...indexingFor(kept, indexesOf(definition)),
        isCounted: kept.isCounted && definition.ttl === undefined,
        definition: made.after,
        ...(unique.length > 0 ? { claiming: [...(kept.claiming ?? []), ...unique] } : {}),
        referencedBy: noted.referencedBy,
      },
      beside: noted.writes,
    };
  });
  if (made && made.unique.length > 0) await claimOrUndo(ports, name, made);
}

/** The definition as it was given, or declared in code. @throws Failure `bucket_not_defined` */
export async function definitionNamed({ table, app }: Ports, name: string): Promise<BucketDefinition> {
  const definition = definitionOf(app, name, (await readKept(table, name)).definition);
  if (!definition) throw noBucket(name);
  return definition;
}

/** A bucket before and after an update. */
interface Made {
  readonly unique: readonly string[];
  readonly before: string | undefined;
  readonly after: string;
}

function definitionToChange({ app }: Ports, name: string, kept: Kept): BucketDefinition {
  if (codedBucket(app, name)) throw declaredInCode('bucket', name);
  const definition = definitionOf(app, name, kept.definition);
  if (!definition) throw noBucket(name);
  return definition;
}

/** After this time all writers normally know of the change. */
const settlingMs = 1_000;

/** If a duplicate was inserted before all existing values were claimed, the field does not become unique. */
async function claimOrUndo(ports: Ports, name: string, { unique, before, after }: Made): Promise<void> {
  await ports.clock.wait(settlingMs);
  try {
    await claimAll(ports, name, unique);
  } catch (refusal) {
    await changeBucket(ports, name, (kept) => {
      const claiming = kept.claiming?.filter((field) => !unique.includes(field));
      const isLast = kept.definition === after;
      return {
        after: {
          ...kept,
          definition: isLast ? before : withoutUnique(kept.definition, unique),
          claiming: claiming?.length ? claiming : undefined,
        },
      };
    });
    await freeAll(ports, name, unique);
    throw refusal;
  }
}

/** Concurrent changes may have altered more of the definition. */
function withoutUnique(text: string | undefined, fields: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  const definition: BucketDefinition = JSON.parse(text);
  const schema = Object.entries(definition.schema).map(([name, field]) => [
    name,
    fields.includes(name) ? { ...field, unique: false } : field,
  ]);
  return JSON.stringify({ ...definition, schema: Object.fromEntries(schema) });
}
