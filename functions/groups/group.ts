import type { EpochMs, UserId } from '../core/names.ts';

/** Users with whom things can be shared together. The owner is no member unless they are added. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly ownerId: UserId;
  readonly createdAt: EpochMs;
}
