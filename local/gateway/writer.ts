import type { Duplex } from 'node:stream';

/**
 * Writes to many sockets with few system calls: what is written to a socket within one turn of the event loop leaves in
 * one piece at the end of that turn, in order.
 */
export interface Writer {
  write(socket: Duplex, bytes: Buffer): void;
}

export function createWriter(): Writer {
  let held: Duplex[] = [];
  const holding = new Set<Duplex>();

  function release(): void {
    const sockets = held;
    held = [];
    holding.clear();
    for (const socket of sockets) socket.uncork();
  }

  return {
    write(socket, bytes) {
      if (!holding.has(socket)) {
        if (held.length === 0) setImmediate(release);
        holding.add(socket);
        held.push(socket);
        socket.cork();
      }
      socket.write(bytes);
    },
  };
}
