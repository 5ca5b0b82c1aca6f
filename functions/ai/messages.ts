import { convertToModelMessages, type ModelMessage, safeValidateUIMessages, type UIMessage } from 'ai';
import { Failure } from '../core/errors.ts';

/** A message as clients send it: in parts, or with its text as `content`. */
export interface GivenMessage {
  readonly id?: string | undefined;
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts?: readonly { readonly type: string }[] | undefined;
  readonly content?: string | undefined;
}

/** Converts messages for models. @throws Failure `unacceptable_request` for invalid parts */
export async function modelMessages(given: readonly GivenMessage[]): Promise<ModelMessage[]> {
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
  const own = parts ?? [{ type: 'text', text: content ?? '' }];
  // The parts are validated right after this.
  return { id: id ?? `message-${at}`, role, parts: own as UIMessage['parts'] };
}

function unreadable(): Failure {
  return new Failure('unacceptable_request', 'The request was invalid: messages: a part is none of a UI message.');
}
