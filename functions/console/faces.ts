/** How people look here: a name to call them by, and a colour that stays theirs. */

export interface Shown {
  readonly connectionId: string;
  readonly userId?: string | undefined;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Guests who gave no name get a number, so that two of them can be told apart. */
export function nameOf({ name, email, connectionId }: Shown): string {
  return name || email || `Guest ${(hash(connectionId) % 900) + 100}`;
}

/** Follows the name, as far as there is one: after a reconnect people keep their colour. */
export function hueOf(person: Shown): number {
  return ((hash(person.userId ?? nameOf(person)) * 47) % 24) * 15;
}

/** Colours cannot be style attributes under the page's policy, but properties of an element can. */
export function paint<T extends HTMLElement>(element: T, person: Shown): T {
  element.style.setProperty('--hue', String(hueOf(person)));
  return element;
}

export function face(person: Shown): HTMLElement {
  const letter = [...nameOf(person)][0] ?? '?';
  const element = document.createElement('span');
  element.className = 'face';
  element.ariaHidden = 'true';
  element.textContent = letter;
  return paint(element, person);
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}
