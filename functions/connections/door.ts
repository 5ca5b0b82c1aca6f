import type { Change } from '../core/changes.ts';
import type { Bound } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import type { Key } from '../core/table.ts';

type Message = Readonly<Record<string, unknown>>;

/** What differs between the functions that frames come to. */
export interface Door {
  /** Finds the operation that a frame's type names in a dialect, among those that live in this function. */
  readonly find: (dialect: string, type: string) => Bound | undefined;
  /** What a message that is in order would have read first, for all anybody knows: it is read along with its connection. */
  readonly ahead?: (message: Message) => Key[];
  /** The same for messages of sockets that are for one thing, which their path names. */
  readonly aheadOn?: {
    readonly speaksAt: (path: string) => boolean;
    readonly ahead: (message: Message, path: string) => Key[];
  };
  /** Sees to what follows from what a request has changed. */
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
