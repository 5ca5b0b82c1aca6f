import { branded } from '../../functions/core/branded.ts';
import { messagesFolder } from '../../functions/core/env.ts';
import { type CloseReason, Failure } from '../../functions/core/errors.ts';
import type { ConnectionId, EpochMs } from '../../functions/core/names.ts';
import type {
  Blobs,
  Clock,
  FanOut,
  Gateway,
  Ids,
  Job,
  Lane,
  Log,
  Outbox,
  Reminder,
  Reminders,
} from '../../functions/core/ports.ts';

/** Ports that do what the test says, and remember their calls. */

/** A clock that stands still until it is moved; a wait moves it. */
export function standingClock(start = Date.parse('2026-11-20T21:00:00Z')): Clock & { advance(ms: number): void } {
  let now = start;
  return {
    now: () => branded<EpochMs>(now),
    upFor: () => now - start,
    async wait(ms) {
      now = Math.max(now, now + ms);
    },
    advance(ms) {
      now += ms;
    },
  };
}

/** Ids that never repeat, and are the same in every run. */
export function countingIds(): Ids {
  let count = 0;
  return {
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, '0')}`,
    bytes(length) {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(length - 4, ++count);
      return bytes;
    },
    integer: (below) => (++count * 7_919) % below,
  };
}

/** What clients upload and download by its URLs, tests write and read by name. */
export function rememberingBlobs(): Blobs & { readonly texts: Map<string, string>; readonly asked: string[] } {
  const texts = new Map<string, string>();
  /** Names for which a read was requested. */
  const asked: string[] = [];
  const base = 'https://blobs.example.com/';
  return {
    texts,
    asked,
    async put(name, text) {
      texts.set(name, text);
    },
    async get(name, atMostBytes = Number.POSITIVE_INFINITY) {
      asked.push(name);
      const text = texts.get(name);
      if (Buffer.byteLength(text ?? '') > atMostBytes) throw new Failure('too_large', `${name} is too large.`);
      return text;
    },
    async delete(name) {
      texts.delete(name);
    },
    signUpload: (name) => `${base}${name}?upload`,
    signRead: (name) => `${base}${name}?read`,
    nameIn(url, folder = messagesFolder) {
      const [address = ''] = url.split('?', 1);
      return address.startsWith(base + folder) ? address.slice(base.length) : undefined;
    },
  };
}

export interface Message {
  readonly to: string;
  readonly channel: 'email' | 'sms';
  readonly body: string;
  /** The first six digits in it. */
  readonly code: string;
}

export function rememberingOutbox(): Outbox & { readonly messages: Message[]; failing: boolean } {
  const messages: Message[] = [];
  const outbox = {
    messages,
    failing: false,
    email: (to: string, _subject: string, text: string) => send(to, 'email', text),
    sms: (to: string, text: string) => send(to, 'sms', text),
  };
  async function send(to: string, channel: Message['channel'], body: string): Promise<void> {
    if (outbox.failing) throw new Error('the provider is down');
    messages.push({ to, channel, body, code: /\d{6}/.exec(body)?.[0] ?? '' });
  }
  return outbox;
}

export function rememberingGateway(): Gateway & {
  readonly posts: { readonly to: readonly ConnectionId[]; readonly frame: string }[];
  readonly closed: { readonly connection: ConnectionId; readonly why: CloseReason }[];
} {
  const posts: { to: readonly ConnectionId[]; frame: string }[] = [];
  const closed: { connection: ConnectionId; why: CloseReason }[] = [];
  return {
    posts,
    closed,
    async post(to, frame) {
      posts.push({ to, frame });
      return { gone: [], failed: [] };
    },
    async close(connection, why) {
      closed.push({ connection, why });
    },
  };
}

export function rememberingFanOut(): FanOut & { readonly jobs: Job[] } {
  const jobs: Job[] = [];
  return {
    jobs,
    async send(more) {
      jobs.push(...more);
    },
  };
}

export function rememberingReminders(): Reminders & { readonly waiting: Reminder[] } {
  const waiting: Reminder[] = [];
  return {
    waiting,
    async set(reminder) {
      waiting.push(JSON.parse(JSON.stringify(reminder)));
    },
  };
}

export function rememberingLane(): Lane & { readonly greeted: ConnectionId[] } {
  const greeted: ConnectionId[] = [];
  return {
    greeted,
    async greet(connection) {
      greeted.push(connection);
    },
  };
}

export function rememberingLog(): Log & { readonly errors: { readonly message: string; readonly cause: unknown }[] } {
  const errors: { message: string; cause: unknown }[] = [];
  return {
    errors,
    info: () => {},
    error: (message, cause) => void errors.push({ message, cause }),
  };
}
