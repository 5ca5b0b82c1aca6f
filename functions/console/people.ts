import { make } from './dom.ts';
import { face, nameOf, type Shown } from './faces.ts';

/** Who is in the room: yourself first, then by name. */
export function showPeople(people: readonly Shown[], self: string | undefined): void {
  const sorted = people.toSorted((a, b) => rank(b) - rank(a) || nameOf(a).localeCompare(nameOf(b)));
  document
    .getElementById('people')
    ?.replaceChildren(...sorted.map((person) => entry(person, person.connectionId === self)));
  for (const count of document.querySelectorAll('[data-count=people]')) count.textContent = String(people.length);

  function rank({ connectionId }: Shown): number {
    return connectionId === self ? 1 : 0;
  }
}

function entry(person: Shown, isSelf: boolean): HTMLLIElement {
  const item = make('li', {}, face(person), make('span', { class: 'name' }, nameOf(person)));
  if (isSelf) item.append(make('span', { class: 'tag' }, 'you'));
  // Names are self-declared; only a signed-in person is known to be who they say.
  if (person.userId !== undefined) item.append(make('span', { class: 'tag', title: 'Signed in' }, '✓ signed in'));
  return item;
}
