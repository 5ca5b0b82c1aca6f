import type { Change } from '../core/changes.ts';
import type { Bound } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import type { Key, Table } from '../core/table.ts';

type Message = Readonly<Record<string, unknown>>;

/** What differs between the functions that process frames. */
export interface Door {
  /** Finds the operation of a frame's type in a dialect, among those of this function. */
  readonly find: (dialect: string, type: string) => Bound | undefined;
  /** Items that a valid message will probably read first: they are read together with its connection. */
  readonly ahead?: (message: Message, table: Table) => Key[];
  /** The same for sockets whose path names one thing. */
  readonly aheadOn?: {
    readonly speaksAt: (path: string) => boolean;
    readonly ahead: (message: Message, path: string) => Key[];
  };
  /** Handles the consequences of a request's changes. */
  readonly follow?: (ports: Ports, changes: readonly Change[]) => Promise<void>;
}

export function findAmong(capabilities: readonly (readonly Bound[])[]): Door['find'] {
  const operations = new Map<string, Bound>(
    capabilities.flat().flatMap((bound) => {
      const { socket } = bound.operation;
      return socket ? [[`${socket.dialect} ${socket.type}`, bound] as const] : [];
    }),
  );
  return (dialect, type) => operations.get(`${dialect} ${type}`);
}
