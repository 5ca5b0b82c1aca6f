import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lineOf, linesIn } from '../line-file.ts';
import type { NewMessage } from './check.ts';

/** A message that was sent with a delay. */
export interface DelayedMessage {
  readonly queueArn: string;
  readonly messageId: string;
  readonly message: NewMessage;
  /** The message can be received from this time on. */
  readonly dueAt: number;
}

/**
 * Messages that were sent with a delay, in a file until they are deleted. A message without delay is usually processed
 * before its loss would matter; one that is due in ten minutes has to survive the death of the process.
 */
export interface DelayedBook {
  /** The messages of the previous process. */
  readonly left: readonly DelayedMessage[];
  enter(message: DelayedMessage): void;
  /** Removes a message that was processed, or given up. */
  crossOut(messageId: string): void;
}

type Line = { readonly sent: DelayedMessage } | { readonly gone: string };

export function openDelayedBook(file: string): DelayedBook {
  const left = readBook(file);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, left.map((sent) => lineOf({ sent })).join(''), { mode: 0o600 });
  return {
    left,
    enter: (sent) => appendFileSync(file, lineOf({ sent })),
    crossOut: (gone) => appendFileSync(file, lineOf({ gone })),
  };
}

function readBook(file: string): DelayedMessage[] {
  const waiting = new Map<string, DelayedMessage>();
  for (const line of linesIn<Line>(file)) {
    if ('sent' in line) waiting.set(line.sent.messageId, line.sent);
    else waiting.delete(line.gone);
  }
  return [...waiting.values()];
}
