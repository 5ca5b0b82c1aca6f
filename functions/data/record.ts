import type * as z from 'zod/mini';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import type { KeptText } from '../core/kept-text.ts';
import { keep } from '../core/kept-text.ts';
import type { DataSpace } from '../core/keys.ts';
import type { Features } from '../core/limits.ts';
import type { Ports } from '../core/ports.ts';
import { authorize } from '../permissions/decide.ts';
import { authorizeMarkers } from '../permissions/marker-changes.ts';
import { markers as builtIn } from '../permissions/markers.ts';
import { roomIn } from '../records/counters.ts';
import type { OpenRecord } from '../records/open-record.ts';
import { openForWriting, ownerOf, publisherOf } from '../records/open-record.ts';
import { untilSettled } from '../records/settle.ts';
import type { dataContract } from './contract.ts';
import type { DataItem, UserPolicy } from './store.ts';
import { putItem, readItem } from './store.ts';

type Recording = z.output<(typeof dataContract)['operations']['recordData']['input']>;

const defaultMaxBytes = 500_000;

/**
 * Stores a value. An update without markers keeps the item's markers; one without policies resets them to `true`, as
 * clients expect. The write fails if the item's markers or policies have changed since the authorization, which is then
 * repeated.
 */
export async function record(ports: Ports, caller: Caller, space: DataSpace, input: Recording) {
  const opened = await openForWriting(ports, caller, input.recordKey);
  const policies = policiesOf(opened, input);
  const { address } = input;
  const place = { space, recordName: opened.record.name, address };
  const { data: limits } = await ports.limits.of(ownerOf(opened.record));

  let value: KeptText | undefined;
  await untilSettled(async () => {
    const before = await readItem(ports.table, place);
    const markers = [...new Set(input.markers ?? before?.markers ?? [builtIn.publicRead])];
    await refuseUnauthorized(ports, opened, before, markers, input);
    refuseOverLimit(limits, input.data);
    const room = before ? undefined : await roomIn(ports, opened.record, space, limits?.maxItems);
    value ??= await keep(ports, JSON.stringify(input.data));
    const after = {
      address,
      value,
      publisherId: publisherOf(opened),
      subjectId: opened.subjectId,
      ...policies,
      markers,
    };
    const outcome = await putItem(ports, place, before, after, room);
    if (outcome !== 'full') return outcome === 'done' ? { answer: undefined } : undefined;
    throw new Failure('subscription_limit_reached', 'The subscription allows no more items.', {
      errorReason: 'too_many_items',
    });
  });
  return { recordName: place.recordName, address };
}

/**
 * @throws Failure `invalid_record_key` for subjectless keys, because such a writer has no user id that a policy could
 * list
 */
function policiesOf({ key }: OpenRecord, given: Recording): { updatePolicy: UserPolicy; deletePolicy: UserPolicy } {
  const updatePolicy = given.updatePolicy ?? true;
  const deletePolicy = given.deletePolicy ?? true;
  if (key?.policy === 'subjectless' && (updatePolicy !== true || deletePolicy !== true)) {
    throw new Failure('invalid_record_key', 'Update and delete policies cannot be set with a subjectless key.');
  }
  return { updatePolicy, deletePolicy };
}

async function refuseUnauthorized(
  ports: Ports,
  opened: OpenRecord,
  before: DataItem | undefined,
  markers: readonly string[],
  { address, instances }: Recording,
): Promise<void> {
  if (before && !fits(before.updatePolicy, opened)) {
    throw new Failure('not_authorized', 'The updatePolicy does not permit this user to update the data.');
  }
  const action = before ? 'update' : 'create';
  await authorize(ports, opened, { kind: 'data', action, resourceId: address, markers }, instances);
  await authorizeMarkers(ports, opened, before?.markers, markers, instances);
}

/** Whether a policy permits the subject. */
export function fits(policy: UserPolicy, { subjectId }: OpenRecord): boolean {
  return policy === true || (subjectId !== null && policy.includes(subjectId));
}

function refuseOverLimit(limits: Features['data'], data: unknown): void {
  if (limits?.allowed === false) {
    throw new Failure('not_authorized', 'The subscription allows no data.', { errorReason: 'data_not_allowed' });
  }
  const maximum = limits?.maxItemSizeInBytes ?? defaultMaxBytes;
  const size = Buffer.byteLength(typeof data === 'string' ? data : JSON.stringify(data));
  if (size <= maximum) return;
  const message = `The data has ${size} bytes, and the subscription allows ${maximum}.`;
  throw new Failure('subscription_limit_reached', message, {
    errorReason: 'data_too_large',
    issues: [{ code: 'too_big', origin: 'number', maximum, inclusive: true, path: ['data', 'sizeInBytes'], message }],
  });
}
