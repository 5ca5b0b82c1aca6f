import type { Duplex } from 'node:stream';

/**
 * Writes to many sockets with few system calls, which are most of what a busy room costs. What is written to a socket
 * within one turn of the event loop leaves in one piece at its end, in order. While writes come thick, what is written
 * within a few milliseconds does: nobody waits for them unless thousands of frames a second go out.
 */
export interface Writer {
  write(socket: Duplex, bytes: Buffer): void;
}

/** How long frames are gathered when they come thick, ms. */
const GATHER_MS = 8;
/** So many frames within that time are thick. */
const THICK = 100;

export function createWriter(): Writer {
  const holding = new Set<Duplex>();
  let written = 0;
  let since = 0;
  let thick = false;

  function release(): void {
    const sockets = [...holding];
    holding.clear();
    for (const socket of sockets) socket.uncork();
  }

  /** Judged by what was written in the last few milliseconds before now. */
  function isThick(): boolean {
    const now = performance.now();
    const elapsedMs = now - since;
    if (elapsedMs < GATHER_MS) return thick;
    thick = (written / elapsedMs) * GATHER_MS >= THICK;
    written = 0;
    since = now;
    return thick;
  }

  return {
    write(socket, bytes) {
      written += 1;
      if (!holding.has(socket)) {
        if (holding.size === 0) {
          if (isThick()) setTimeout(release, GATHER_MS);
          else setImmediate(release);
        }
        holding.add(socket);
        socket.cork();
      }
      socket.write(bytes);
    },
  };
}
