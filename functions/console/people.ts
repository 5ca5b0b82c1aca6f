import { make } from './dom.ts';
import { face, nameOf, type Shown } from './faces.ts';

/** The members of the room: yourself first, then sorted by name. */
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
  // Users choose their names; the address of a signed-in user is verified.
  if (person.userId !== undefined) {
    const isNamed = person.email !== undefined && person.email !== nameOf(person);
    item.append(make('span', { class: 'tag' }, isNamed ? `✓ ${person.email}` : '✓ signed in'));
  }
  return item;
}
