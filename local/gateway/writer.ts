import type { Duplex } from 'node:stream';

/**
 * Writes to many sockets with few system calls, which are most of the cost of a busy room. Everything written to a
 * socket within one turn of the event loop is sent in one piece at its end, in order. While writes are frequent,
 * everything within a few milliseconds is sent together. Without thousands of frames a second, nothing waits.
 */
export interface Writer {
  write(socket: Duplex, bytes: Buffer): void;
}

/** How long frames are collected while writes are frequent, ms. */
const GATHER_MS = 8;
/** This many frames within that time count as frequent. */
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

  /** Depends on what was written in the last few milliseconds before now. */
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
