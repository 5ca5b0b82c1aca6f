import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lineOf, linesIn } from '../line-file.ts';
import type { ConnectionFacts } from './socket-event.ts';

/** The data of a socket that its `$disconnect` needs. */
export type Noted = Pick<ConnectionFacts, 'connectionId' | 'connectedAt' | 'identity'>;

/**
 * Open sockets, in a file. On AWS, sockets do not end when code does. Here a killed process takes all its sockets with
 * it, without a `$disconnect`. So the next start finds them in this file and sends their `$disconnect`.
 */
export interface SocketBook {
  /** The sockets of the previous process. They stay in the file until they are removed. */
  readonly left: readonly Noted[];
  enter(socket: Noted): void;
  /** Removes a socket whose `$disconnect` has certainly been processed. */
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
