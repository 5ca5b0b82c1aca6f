import type { Answer } from './answer.ts';
import type { Bucket } from './bucket.ts';
import type { Call } from './call.ts';
import type { Announcement } from './notifications.ts';
import type { Caller, Permissions } from './permissions.ts';

/** What an operation works with. */
export interface Store {
  readonly permissions: Permissions;
  /** @throws S3Error NoSuchBucket */
  bucketNamed(name: string): Bucket;
  /** Who signed the policy of a POST form. @throws S3Error for a signature that is not right */
  authenticateForm(fields: ReadonlyMap<string, string>): Caller;
  /** Tells the bucket's queues and functions. */
  announce(announcement: Announcement): void;
  nowMs(): number;
}

export interface AuthenticatedCall extends Call {
  readonly caller: Caller;
  readonly bucket: Bucket;
}

/** One S3 operation, permission included. Refuses by throwing an S3Error. */
export type Operation = (store: Store, call: AuthenticatedCall) => Answer | Promise<Answer>;
