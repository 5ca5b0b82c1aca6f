import type { EpochMs } from '../core/names.ts';
import type { Instance, Project } from './instance.ts';
import type { Level } from './level.ts';

/** As these clients read it: their names, and seconds. */

export const inSeconds = (at: EpochMs): number => Math.floor(at / 1000);

export function shownProject({ id, name, description, createdAt, updatedAt }: Project, role: Level) {
  return { id, name, description, created_at: inSeconds(createdAt), updated_at: inSeconds(updatedAt), role };
}

export function shownInstance({ id, name, isReadOnly, createdAt, updatedAt }: Instance) {
  const is_readonly = isReadOnly ? (1 as const) : (0 as const);
  return { id, name, is_readonly, created_at: inSeconds(createdAt), updated_at: inSeconds(updatedAt) };
}
