import { looseBlobIn } from '../core/keys.ts';
import type { StreamReader, StreamRecord } from './reader.ts';

/** Deletes blobs whose row has expired: no item has come to refer to them, or none does any more. */
export const looseBlobs: StreamReader = {
  reads: (record) => expiredBlob(record) !== undefined,
  async read({ blobs }, record) {
    const name = expiredBlob(record);
    if (name !== undefined) await blobs.delete(name);
  },
};

/** A row that a function deleted has done its duty; one that DynamoDB deleted had run out of time. */
function expiredBlob({ eventName, dynamodb, userIdentity }: StreamRecord): string | undefined {
  if (eventName !== 'REMOVE' || userIdentity?.principalId !== 'dynamodb.amazonaws.com') return undefined;
  const { pk } = dynamodb.Keys;
  return isText(pk) ? looseBlobIn(pk.S) : undefined;
}

function isText(value: unknown): value is { readonly S: string } {
  return typeof value === 'object' && value !== null && 'S' in value && typeof value.S === 'string';
}
