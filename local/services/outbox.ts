import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

/** A mail or a text message that was kept instead of sent. */
export interface OutboxMessage {
  readonly to: string;
  readonly channel: 'email' | 'sms';
  /** The first six digits in a row in the body, as login codes are; empty where there are none. */
  readonly code: string;
  readonly body: string;
  readonly sentAt: number;
}

export interface Outbox {
  add(to: string, channel: OutboxMessage['channel'], body: string): void;
  /** Oldest first; only what went to `address` when one is given. */
  list(address?: string): readonly OutboxMessage[];
}

const maxMessages = 1_000;

/** Keeps the newest messages and prints each, so that a code can be read from the terminal. */
export function createOutbox(clock: Clock, log: Log): Outbox {
  const messages: OutboxMessage[] = [];
  return {
    add(to, channel, body) {
      messages.push({ to, channel, code: /\d{6}/.exec(body)?.[0] ?? '', body, sentAt: clock.now() });
      if (messages.length > maxMessages) messages.shift();
      log('outbox', `${channel} to ${to}: ${body.replace(/\s+/g, ' ')}`);
    },
    list: (address) => messages.filter(({ to }) => address === undefined || to === address),
  };
}
