import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import { branded } from '../core/branded.ts';
import type { EpochMs } from '../core/names.ts';
import type { Clock, Ids } from '../core/ports.ts';

export const systemClock: Clock = {
  now: () => branded<EpochMs>(Date.now()),
  upFor: () => Math.round(performance.now()),
  wait: (ms) => after(ms),
};

export const systemIds: Ids = {
  uuid: () => randomUUID(),
  bytes: (length) => new Uint8Array(randomBytes(length)),
  integer: (below) => randomInt(below),
};
