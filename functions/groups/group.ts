import type { EpochMs, UserId } from '../core/names.ts';

/** Users who can be given something together. Its owner is no member unless they are made one. */
export interface Group {
  readonly id: string;
  readonly name: string;
  readonly ownerId: UserId;
  readonly createdAt: EpochMs;
}
