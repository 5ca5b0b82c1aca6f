import { branded } from '../../functions/core/branded.ts';
import type { ConnectionId } from '../../functions/core/names.ts';
import type { Peer } from './suites/gateway-suite.ts';

/** Connections that remember their frames: what a fake API Gateway holds in place of sockets. */
export class Peers {
  readonly #open = new Map<string, { frames: string[]; closed: () => void }>();
  #last = 0;

  open(): Peer {
    this.#last += 1;
    const id = branded<ConnectionId>(`Peer${String(this.#last).padStart(11, '0')}=`);
    const frames: string[] = [];
    const closed = new Promise<void>((resolve) => this.#open.set(id, { frames, closed: resolve }));
    return {
      id,
      closed,
      received: async (count) => frames.slice(0, count),
      leave: async () => void this.#open.delete(id),
    };
  }

  /** False when there is no such connection. */
  deliver(id: string, frame: string): boolean {
    return this.#open.get(id)?.frames.push(frame) !== undefined;
  }

  /** False when there is no such connection. */
  close(id: string): boolean {
    this.#open.get(id)?.closed();
    return this.#open.delete(id);
  }
}
