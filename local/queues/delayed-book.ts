import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lineOf, linesIn } from '../line-file.ts';
import type { NewMessage } from './check.ts';

/** A message that was sent to be had later. */
export interface DelayedMessage {
  readonly queueArn: string;
  readonly messageId: string;
  readonly message: NewMessage;
  /** From when on it can be had. */
  readonly dueAt: number;
}

/**
 * Messages that were sent with a delay, in a file until they are deleted. What is due at once is mostly worked off before
 * anybody could miss it; what is due in ten minutes has to outlive a process that is killed.
 */
export interface DelayedBook {
  /** Those of the process before. */
  readonly left: readonly DelayedMessage[];
  enter(message: DelayedMessage): void;
  /** It has been worked off, or given up. */
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
