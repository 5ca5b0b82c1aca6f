import * as z from 'zod/mini';
import type { Operation, SocketBinding } from '../../functions/core/contract.ts';
import { type Code, errors, Failure } from '../../functions/core/errors.ts';
import { dialects } from '../../functions/wire/dialects.ts';
import { dialectNotes } from './dialects.ts';
import type { JsonSchema } from './json-schema.ts';
import { wireSchema } from './json-schema.ts';
import type { Registry } from './operations.ts';
import { operationsOf } from './operations.ts';
import { permissionNote } from './security.ts';

/** One type of frame as AsyncAPI describes it. */
export interface Message {
  /** `receive`: clients send it; `send`: they receive it. One type may have a frame in both directions. */
  readonly action: 'receive' | 'send';
  readonly type: string;
  readonly summary: string;
  readonly description?: string;
  /** The whole frame. */
  readonly payload: JsonSchema;
  /** The type of the answering frame. */
  readonly reply?: string;
}

type DialectName = SocketBinding['dialect'];

/** A message's name in the document. It must not contain a slash, which would separate path segments. */
export const keyOf = ({ action, type }: Pick<Message, 'action' | 'type'>): string =>
  `${action}.${type.replaceAll('/', '.')}`;

/** What clients send. */
export function heardFrames(registry: Registry, dialect: DialectName): readonly Message[] {
  return byType(
    operationsOf(registry).flatMap(({ operation }) => {
      const { socket, summary, input, access } = operation;
      if (socket?.dialect !== dialect) return [];
      const { type, reply } = socket;
      const description = [socket.ordered ? 'Takes effect in the order sent.' : undefined, permissionNote(access)]
        .filter((note) => note !== undefined)
        .join(' ');
      const payload = wireSchema(input, placeOf(dialect, 'receive', type));
      return [
        {
          action: 'receive' as const,
          type,
          summary,
          ...(description === '' ? {} : { description }),
          payload: dialectNotes[dialect].frame(type, payload, needsPayload(dialect, operation, type)),
          ...(reply === undefined ? {} : { reply }),
        },
      ];
    }),
  );
}

/** Frames that the server pushes. */
export function sentFrames(registry: Registry, dialect: DialectName): readonly Message[] {
  const pushes = Object.values(registry).flatMap((contract) => Object.values(contract.pushes));
  const said = [...pushes, ...answersOf(registry, dialect)]
    .filter((push) => push.dialect === dialect)
    .sort((a, b) => (a.summary < b.summary ? -1 : 1));
  return byType(
    [...Map.groupBy(said, ({ type }) => type)].map(([type, these]) => ({
      action: 'send' as const,
      type,
      summary: these.map(({ summary }) => summary).join(' Or: '),
      payload: dialectNotes[dialect].frame(
        type,
        wireSchema(oneOf(these.map(({ payload }) => payload)), placeOf(dialect, 'send', type)),
        true,
      ),
    })),
  );
}

/** Several capabilities may push frames of one type. */
function oneOf(payloads: readonly z.core.$ZodType[]): z.core.$ZodType {
  const [only, ...others] = payloads;
  return only && others.length === 0 ? only : z.union(payloads);
}

/** Answers that are an operation's output, not a push; one of each type. */
function answersOf(registry: Registry, dialect: DialectName) {
  const pushed = new Set(
    Object.values(registry).flatMap((contract) => Object.values(contract.pushes).map(({ type }) => type)),
  );
  const answers = operationsOf(registry).flatMap(({ operation: { socket, summary, output } }) =>
    socket?.dialect === dialect && socket.reply !== undefined && !pushed.has(socket.reply)
      ? [
          [
            socket.reply,
            { dialect, type: socket.reply, summary: `The answer to: ${summary}`, payload: output },
          ] as const,
        ]
      : [],
  );
  return [...new Map(answers).values()];
}

/** The dialect's refusals, for every error of the catalogue. They come from the code that writes them. */
export function refusalFrame(dialect: DialectName): Message {
  const { refusal, codeOf } = dialectNotes[dialect];
  // A dialect may refuse with a frame of another type, which has no code here.
  const said = (code: Code) => codeOf(JSON.parse(wireOf(dialect).refuse(new Failure(code, ''), undefined)));
  const codes = [...new Set((Object.keys(errors) as Code[]).flatMap((code) => said(code) ?? []))].sort(); // its own keys
  return {
    action: 'send',
    type: 'error',
    summary:
      'What you sent was refused, and why. The socket stays open unless its login does not hold, or is missing where one is needed.',
    payload: refusal(codes),
  };
}

/** Whether the server refuses a frame that has only a type. */
function needsPayload(dialect: DialectName, { input }: Operation, type: string): boolean {
  const decoded = wireOf(dialect).decode(JSON.stringify(dialect === 'casualos' ? [1, 1, { type }] : { id: 1, type }));
  return !z.safeParse(input, decoded && 'type' in decoded ? decoded.input : undefined).success;
}

function wireOf(dialect: DialectName) {
  const found = dialects.find(({ name }) => name === dialect);
  if (!found) throw new Error(`The dialect ${dialect} is named in a contract, but nobody speaks it.`);
  return found;
}

function placeOf(dialect: DialectName, action: Message['action'], type: string) {
  const at = `#/components/messages/${dialect}.${keyOf({ action, type })}/payload/${dialectNotes[dialect].payloadAt}`;
  return { target: 'draft-07', at } as const;
}

function byType(messages: readonly Message[]): readonly Message[] {
  return [...messages].sort((a, b) => (a.type < b.type ? -1 : 1));
}
