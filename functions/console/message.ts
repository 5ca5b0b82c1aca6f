import type { StoredChatMessage } from '../../client/protocol.ts';
import { make } from './dom.ts';
import { face, nameOf, type Shown } from './faces.ts';

/** Messages of one user within this time share one name. */
const togetherMs = 5 * 60_000;
const timeOfDay = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat([], { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** One message in the list, below `previous`. */
export function messageRow(message: StoredChatMessage, previous: StoredChatMessage | undefined): HTMLLIElement {
  const author = authorOf(message);
  const isMore =
    previous !== undefined &&
    sameAuthor(author, authorOf(previous)) &&
    message.createdAt - previous.createdAt < togetherMs;
  const when = new Date(message.createdAt);
  const isToday = when.toDateString() === new Date().toDateString();
  const time = make('time', { datetime: when.toISOString() }, (isToday ? timeOfDay : dayAndTime).format(when));
  const by = make('div', { class: 'by' }, nameOf(author), time);
  // Only the name of a signed-in user is verified; all others are self-chosen.
  if (author.userId !== undefined) time.before(make('span', { class: 'tag', title: 'Signed in' }, '✓'));
  const text = make('div', { class: 'text' }, message.message);
  return make('li', { class: isMore ? 'message more' : 'message', 'data-id': message.id }, face(author), by, text);
}

/** The author may have left, so a message carries the name that they had. */
function authorOf({ connectionId, userId, metadata }: StoredChatMessage): Shown {
  const name = typeof metadata?.name === 'string' ? metadata.name.slice(0, 64) : undefined;
  return { connectionId, userId, name };
}

function sameAuthor(a: Shown, b: Shown): boolean {
  return a.userId === b.userId && nameOf(a) === nameOf(b);
}
