import { convertToModelMessages, type ModelMessage, safeValidateUIMessages, type UIMessage } from 'ai';
import { Failure } from '../core/errors.ts';

/** A message as clients send it: in parts, or with its text as `content`. */
export interface GivenMessage {
  readonly id?: string | undefined;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts?: readonly { readonly type: string }[] | undefined;
  readonly content?: string | undefined;
}

/**
 * Converts messages for models.
 * @throws Failure `unacceptable_request` for invalid parts, and if a user's message, or the whole conversation, has nothing for
 * a model
 */
export async function modelMessages(given: readonly GivenMessage[]): Promise<ModelMessage[]> {
  const messages = await converted(given);
  if (messages.length === 0) throw refused('there is nothing for a model in them.');
  if (messages.some(isSilentUser)) throw refused('there is nothing for a model in one of them.');
  return messages;
}

/**
 * The conversion leaves out what only clients understand. An assistant's message of which nothing is left is dropped: the
 * client may have stored one that was cut off.
 */
const isSilentUser = ({ role, content }: ModelMessage): boolean => role === 'user' && content.length === 0;

async function converted(given: readonly GivenMessage[]): Promise<ModelMessage[]> {
  const checked = await safeValidateUIMessages({ messages: given.map(inParts) });
  if (!checked.success) throw unreadable();
  try {
    // A client that was disconnected may have stored a tool call without its result.
    return await convertToModelMessages(checked.data, { ignoreIncompleteToolCalls: true });
  } catch {
    throw unreadable();
  }
}

function inParts({ id, role, parts, content }: GivenMessage, at: number): UIMessage {
  if (parts === undefined && content === undefined) throw refused('one of them has neither parts nor content.');
  const own = parts ?? [{ type: 'text', text: content ?? '' }];
  // The parts are validated right after this.
  return { id: id ?? `message-${at}`, role, parts: own as UIMessage['parts'] };
}

const unreadable = (): Failure => refused('a part is none of a UI message.');

function refused(why: string): Failure {
  return new Failure('unacceptable_request', `The request was invalid: messages: ${why}`);
}
