import type { ServerFrame } from './yjs-frames.ts';

/** Frames in the order they came. One that says where another is, is followed first, and the rest waits. */
export interface Incoming<T = Taken> {
  add(frame: T | Elsewhere): void;
  /** Something is being fetched. */
  readonly isBusy: boolean;
  /** Forgets what waits. */
  clear(): void;
}

export type Elsewhere = Extract<ServerFrame, { readonly type: 'elsewhere' }>;
export type Taken = Exclude<ServerFrame, Elsewhere>;

interface IncomingSettings<T> {
  readonly fetch: (url: string) => Promise<T>;
  readonly take: (frame: T) => void;
  /** What a frame says is somewhere is not there. */
  readonly onTrouble: (cause: unknown) => void;
}

export function createIncoming<T extends { readonly type: string }>(settings: IncomingSettings<T>): Incoming<T> {
  const { fetch, take, onTrouble } = settings;
  let waiting: (T | Elsewhere)[] = [];
  /** Another one after each `clear`, so that what is fetched for nobody is dropped. */
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
