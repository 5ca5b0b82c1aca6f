import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lineOf, linesIn } from '../line-file.ts';
import type { ConnectionFacts } from './socket-event.ts';

/** What has to be known of a socket to say that it is gone. */
export type Noted = Pick<ConnectionFacts, 'connectionId' | 'connectedAt' | 'identity'>;

/**
 * Open sockets, in a file. On AWS no socket ends with the code behind it; here a process that is killed takes them all with
 * it, and nobody hears of it. So the next start finds them in the book, and they get their `$disconnect` then.
 */
export interface SocketBook {
  /** Those of the process before. They stay in the book until they are crossed out. */
  readonly left: readonly Noted[];
  enter(socket: Noted): void;
  /** Its `$disconnect` has certainly been worked off. */
  crossOut(connectionId: string): void;
  crossOutAll(): void;
}

type Line = { readonly open: Noted } | { readonly gone: string };

export function openSocketBook(file: string): SocketBook {
  const left = readBook(file);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, left.map((open) => lineOf({ open })).join(''), { mode: 0o600 });
  return {
    left,
    enter: ({ connectionId, connectedAt, identity }) =>
      appendFileSync(file, lineOf({ open: { connectionId, connectedAt, identity } })),
    crossOut: (gone) => appendFileSync(file, lineOf({ gone })),
    crossOutAll: () => writeFileSync(file, ''),
  };
}

function readBook(file: string): Noted[] {
  const open = new Map<string, Noted>();
  for (const line of linesIn<Line>(file)) {
    if ('open' in line) open.set(line.open.connectionId, line.open);
    else open.delete(line.gone);
  }
  return [...open.values()];
}
