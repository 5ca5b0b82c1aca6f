import type { Ports } from '../core/ports.ts';
import { isGone, type KeyState, type MemoryKey } from './memory-key.ts';
import { valueMembers } from './values.ts';

/** Frames for connections of an instance, as JSON text: values are embedded as they are stored. */

type Needed = Pick<Ports, 'blobs' | 'clock'>;

/** The current state of a key. */
export function keyFrame(ports: Needed, state: KeyState): string {
  const { key, updatedBy, updatedAt: timestamp, version } = state;
  if (isGone(state)) return JSON.stringify({ type: 'key_deleted', key, deletedBy: updatedBy, timestamp, version });
  const rest = JSON.stringify({ attributes: state.attributes, updatedBy, timestamp, version });
  return `{"type":"key_updated","key":${JSON.stringify(key)},${valueMembers(ports, state)},${rest.slice(1)}`;
}

/** A key in a snapshot or a list: `"name":{…}`. */
export function namedEntry(ports: Needed, state: MemoryKey): string {
  return `${JSON.stringify(state.key)}:${entryText(ports, state)}`;
}

export function entryText(ports: Needed, state: MemoryKey): string {
  const { attributes, updatedAt, version } = state;
  return `{${valueMembers(ports, state)},${JSON.stringify({ attributes, updatedAt, version }).slice(1)}`;
}

/** An entry as clients receive it. */
export interface EntryJson {
  readonly value: unknown;
  readonly valueRef?: { url: string; size: number; sha256: string; expiresAt: number };
  readonly attributes: Record<string, unknown>;
  readonly updatedAt: number;
  readonly version: number;
}

export const entryJson = (ports: Needed, state: MemoryKey): EntryJson =>
  JSON.parse(entryText(ports, state)) as EntryJson; // written by the function above

export const clearedFrame = (by: string, timestamp: number, version: number): string =>
  JSON.stringify({ type: 'cleared', clearedBy: by, timestamp, version });

export interface SyncPart {
  readonly instanceId: string;
  readonly version: number;
  /** Absent if one frame holds all keys. */
  readonly part?: { readonly part: number; readonly parts: number };
}

/** @param entries as {@link namedEntry} wrote them */
export function syncFrame({ instanceId, version, part }: SyncPart, entries: readonly string[]): string {
  const rest = JSON.stringify({ instanceId, version, ...part });
  return `{"type":"sync","data":{${entries.join()}},${rest.slice(1)}`;
}

export const authSuccess = (instanceId: string, userId: string, permission: string): string =>
  JSON.stringify({ type: 'auth_success', instanceId, userId, permission });
