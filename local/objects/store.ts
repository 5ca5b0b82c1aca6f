import type { Answer } from './answer.ts';
import type { Bucket } from './bucket.ts';
import type { Call } from './call.ts';
import type { Announcement } from './notifications.ts';
import type { Caller, Permissions } from './permissions.ts';

/** The context of an operation. */
export interface Store {
  readonly permissions: Permissions;
  /** @throws S3Error NoSuchBucket */
  bucketNamed(name: string): Bucket;
  /** The signer of a POST form's policy. @throws S3Error for an invalid signature */
  authenticateForm(fields: ReadonlyMap<string, string>): Caller;
  /** Notifies the bucket's queues and functions. */
  announce(announcement: Announcement): void;
  nowMs(): number;
}

export interface AuthenticatedCall extends Call {
  readonly caller: Caller;
  readonly bucket: Bucket;
}

/** One S3 operation, including its permission check. Refuses by throwing an S3Error. */
export type Operation = (store: Store, call: AuthenticatedCall) => Answer | Promise<Answer>;
