import { byId, make } from './dom.ts';
import { nameOf, paint, type Shown } from './faces.ts';

/** The shared stage. Positions are fractions of its width and height, so that windows of any size show the same. */

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface StageListener {
  /** The user's own pointer moved, or left the stage. */
  moved(to: Place | undefined): void;
  pinged(at: Place): void;
}

export interface Stage {
  /** Draws the cursors of members whose pointer is on the stage. */
  show(others: readonly OnStage[]): void;
  /** Draws a ring that spreads from here, in the member's colour. */
  ping(at: Place, by: Shown): void;
  /** Draws an emoji that rises from here. */
  rise(emoji: string, at: Place, by: Shown): void;
  /** The last position of the user's own pointer. */
  readonly place: Place;
}

const step = 0.02;
const arrows: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-step, 0],
  ArrowRight: [step, 0],
  ArrowUp: [0, -step],
  ArrowDown: [0, step],
};

/** A member with the content of their presence. */
export interface OnStage extends Shown {
  readonly presence: Readonly<Record<string, unknown>>;
}

/** The position in a member's presence or event; undefined if it has none. */
export function placeIn(said: unknown): Place | undefined {
  const { x, y } = Object(said);
  return typeof x === 'number' && typeof y === 'number' ? { x: inside(x), y: inside(y) } : undefined;
}

export function openStage(listener: StageListener): Stage {
  const pad = byId('pad');
  const alone = byId('alone');
  const layer = byId('cursors');
  const effects = byId('effects');
  const cursors = new Map<string, HTMLElement>();
  let place: Place = { x: 0.5, y: 0.5 };

  const moveTo = (to: Place) => {
    place = { x: inside(to.x), y: inside(to.y) };
    put(pad, place);
    listener.moved(place);
  };
  const placeOf = ({ clientX, clientY }: PointerEvent): Place => {
    const { left, top, width, height } = pad.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  };
  const flash = (element: HTMLElement, at: Place, by: Shown) => {
    put(paint(element, by), at);
    element.addEventListener('animationend', () => element.remove());
    effects.append(element);
  };
  pad.addEventListener('pointermove', (event) => moveTo(placeOf(event)));
  pad.addEventListener('pointerdown', (event) => moveTo(placeOf(event)));
  pad.addEventListener('click', () => listener.pinged(place)); // Enter and the space bar also trigger it
  for (const end of ['pointerleave', 'blur']) pad.addEventListener(end, () => listener.moved(undefined));
  pad.addEventListener('keydown', (event) => {
    const arrow = arrows[event.key];
    if (!arrow) return;
    event.preventDefault();
    moveTo({ x: place.x + arrow[0], y: place.y + arrow[1] });
  });

  return {
    get place() {
      return place;
    },

    show(others) {
      alone.hidden = others.length > 0;
      const absent = new Set(cursors.keys());
      for (const person of others) {
        const at = placeIn(person.presence);
        if (!at) continue;
        absent.delete(person.connectionId);
        const cursor = cursors.get(person.connectionId) ?? newCursor();
        cursors.set(person.connectionId, cursor);
        dress(cursor, person, at);
        if (!cursor.isConnected) layer.append(cursor); // positioned before it is added, so that a new cursor does not fly in
      }
      for (const id of absent) {
        cursors.get(id)?.remove();
        cursors.delete(id);
      }
    },
    ping: (at, by) => flash(make('span', { class: 'effect ping' }), at, by),
    rise: (emoji, at, by) => flash(make('span', { class: 'effect' }, emoji), at, by),
  };
}

function newCursor(): HTMLElement {
  const copy = document.importNode(byId('cursor', HTMLTemplateElement).content, true).firstElementChild;
  if (copy instanceof HTMLElement) return copy;
  throw new Error('the template of a cursor is empty');
}

function dress(cursor: HTMLElement, person: OnStage, at: Place): void {
  put(paint(cursor, person), at);
  const label = cursor.lastElementChild;
  if (label) label.textContent = nameOf(person);
}

function put(element: HTMLElement, { x, y }: Place): void {
  element.style.setProperty('--x', String(x));
  element.style.setProperty('--y', String(y));
}

/** From 0 to 1, precise enough for any screen. Few digits keep frames small. */
function inside(fraction: number): number {
  return Math.round(Math.min(1, Math.max(0, fraction)) * 10_000) / 10_000;
}
