import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

/** A mail or a text message that was stored instead of sent. */
export interface OutboxMessage {
  readonly to: string;
  readonly channel: 'email' | 'sms';
  /** The first six consecutive digits in the body, as login codes have; empty if there are none. */
  readonly code: string;
  readonly body: string;
  readonly sentAt: number;
}

export interface Outbox {
  add(to: string, channel: OutboxMessage['channel'], body: string): void;
  /** Oldest first; only messages to `address` if one is given. */
  list(address?: string): readonly OutboxMessage[];
}

const maxMessages = 1_000;

/** Stores the newest messages and prints each, so that a developer can read a code in the terminal. */
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
