import type { ServerFrame } from './yjs-frames.ts';

/** Received frames, in order. If a frame contains a URL, that frame is fetched first, and later ones wait. */
export interface Incoming<T = Taken> {
  add(frame: T | Elsewhere): void;
  /** Whether a frame is being fetched. */
  readonly isBusy: boolean;
  /** Drops all waiting frames. */
  clear(): void;
}

export type Elsewhere = Extract<ServerFrame, { readonly type: 'elsewhere' }>;
export type Taken = Exclude<ServerFrame, Elsewhere>;

interface IncomingSettings<T> {
  readonly fetch: (url: string) => Promise<T>;
  readonly take: (frame: T) => void;
  /** Called when a frame's URL cannot be fetched. */
  readonly onTrouble: (cause: unknown) => void;
}

export function createIncoming<T extends { readonly type: string }>(settings: IncomingSettings<T>): Incoming<T> {
  const { fetch, take, onTrouble } = settings;
  let waiting: (T | Elsewhere)[] = [];
  /** Replaced by each `clear`, so that frames fetched before it are dropped. */
  let round = {};
  let isBusy = false;

  function drain(): void {
    while (!isBusy) {
      const next = waiting.shift();
      if (!next) return;
      if (isElsewhere(next)) void follow(next.url, round);
      else take(next);
    }
  }

  async function follow(url: string, mine: object): Promise<void> {
    isBusy = true;
    try {
      const found = await fetch(url);
      if (mine !== round) return;
      isBusy = false;
      take(found);
      drain();
    } catch (cause) {
      if (mine === round) onTrouble(cause);
    }
  }

  return {
    get isBusy() {
      return isBusy;
    },
    add(frame) {
      waiting.push(frame);
      drain();
    },
    clear() {
      round = {};
      waiting = [];
      isBusy = false;
    },
  };
}

/** Nothing else has that type. */
const isElsewhere = (frame: { readonly type: string }): frame is Elsewhere => frame.type === 'elsewhere';
