/** How the page shows users: by a name, and a colour that does not change. */

export interface Shown {
  readonly connectionId: string;
  readonly userId?: string | undefined;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Guests without a name get a number, so that users can tell them apart. */
export function nameOf({ name, email, connectionId }: Shown): string {
  return name || email || `Guest ${(hash(connectionId) % 900) + 100}`;
}

/** Depends on the name if there is one, so users keep their colour after a reconnect. */
export function hueOf(person: Shown): number {
  return ((hash(person.userId ?? nameOf(person)) * 47) % 24) * 15;
}

/** The page's policy forbids style attributes, but not properties set by a script. */
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
