import type { StoredChatMessage } from '../../client/protocol.ts';
import { byId, make, onClick, onSubmit } from './dom.ts';
import { messageRow } from './message.ts';
import { complain } from './notice.ts';

/**
 * The chat of a room. Screen readers read new messages. A message on its way is shown apart until the server has stored
 * it.
 */

export interface ChatLine {
  /** Resolves once the message is stored, and `add` has shown it. */
  say(text: string): Promise<unknown>;
  /** Messages before this one, oldest first. */
  older(than: StoredChatMessage, limit: number): Promise<readonly StoredChatMessage[]>;
}

export interface Chat {
  /** Starts again with the newest messages, oldest first. */
  reset(messages: readonly StoredChatMessage[]): void;
  add(message: StoredChatMessage): void;
}

interface Line {
  readonly message: StoredChatMessage;
  readonly row: HTMLElement;
}

const pageSize = 50;

export function openChat({ say, older }: ChatLine): Chat {
  const scroll = byId('chat-scroll');
  const list = byId('messages');
  const sending = byId('sending');
  const form = byId('say', HTMLFormElement);
  const text = byId('say-text', HTMLInputElement);
  const olderButton = byId('older', HTMLButtonElement);
  const newest = byId('newest');
  const empty = byId('chat-empty');
  let lines: Line[] = [];

  const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
  const toEnd = () => scroll.scrollTo({ top: scroll.scrollHeight });
  let wasAtEnd = true;
  scroll.addEventListener('scroll', () => {
    wasAtEnd = isAtEnd();
    if (wasAtEnd) newest.hidden = true;
  });
  // When a keyboard opens, or a hidden panel appears, the newest message must stay in view.
  new ResizeObserver(() => wasAtEnd && toEnd()).observe(scroll);
  newest.addEventListener('click', toEnd);

  onSubmit(form, async () => {
    const said = text.value.trim();
    if (said === '') return;
    text.value = '';
    text.focus();
    const item = sending.appendChild(make('li', {}, said));
    empty.hidden = true;
    toEnd();
    void say(said).then(
      () => item.remove(),
      (trouble) => {
        item.className = 'failed';
        complain(trouble);
      },
    );
  });

  onClick('older', () => {
    const first = lines[0]?.message;
    if (!first || olderButton.disabled) return;
    olderButton.disabled = true;
    void older(first, pageSize)
      .then((messages) => {
        if (first === lines[0]?.message) prepend(messages);
      }, complain)
      .finally(() => {
        olderButton.disabled = false;
      });
  });

  function prepend(messages: readonly StoredChatMessage[]): void {
    const height = scroll.scrollHeight;
    const [first, ...rest] = lines;
    const before = linesOf(messages);
    if (first) {
      const row = messageRow(first.message, messages.at(-1));
      first.row.replaceWith(row);
      lines = [...before, { ...first, row }, ...rest];
    }
    list.ariaLive = 'off'; // old messages are not announced
    list.prepend(...before.map(({ row }) => row));
    list.ariaLive = 'polite';
    olderButton.hidden = messages.length < pageSize;
    if (olderButton.hidden) scroll.focus({ preventScroll: true });
    scroll.scrollTop += scroll.scrollHeight - height;
  }

  return {
    reset(messages) {
      lines = linesOf(messages);
      list.ariaLive = 'off';
      list.replaceChildren(...lines.map(({ row }) => row));
      list.ariaLive = 'polite';
      empty.hidden = lines.length > 0;
      olderButton.hidden = true;
      newest.hidden = true;
      toEnd();
      const first = messages[0];
      if (!first) return;
      void older(first, 1).then(
        (found) => {
          if (first === lines[0]?.message) olderButton.hidden = found.length === 0;
        },
        () => {}, // nobody asked for this; the join reports errors
      );
    },

    add(message) {
      // Messages of different senders may arrive in another order; sorting follows the log, which is the same for
      // everybody.
      const at = lines.findLastIndex((line) => line.message.createdAt <= message.createdAt) + 1;
      const row = messageRow(message, lines[at - 1]?.message);
      list.insertBefore(row, lines[at]?.row ?? null);
      lines = lines.toSpliced(at, 0, { message, row });
      empty.hidden = true;
      if (wasAtEnd) toEnd();
      else newest.hidden = false;
    },
  };
}

function linesOf(messages: readonly StoredChatMessage[]): Line[] {
  return messages.map((message, at) => ({ message, row: messageRow(message, messages[at - 1]) }));
}
