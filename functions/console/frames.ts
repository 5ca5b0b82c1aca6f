import { byId, make, onClick } from './dom.ts';

/** The panel that shows every frame of the socket: the protocol, while it is in use. */

export interface SeenFrame {
  readonly direction: 'in' | 'out';
  /** As sent over the socket. */
  readonly text: string;
}

const rowsAtMost = 200;
const cursorTypes = new Set(['update_presence', 'presence_updated']);
const encoder = new TextEncoder();
const clock = new Intl.DateTimeFormat([], {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});

export function showFrames(): (frame: SeenFrame) => void {
  const body = byId('frames', HTMLTableSectionElement);
  const totals = byId('wire-totals');
  const withCursors = byId('wire-presence', HTMLInputElement);
  const pause = byId('wire-pause', HTMLButtonElement);
  const counted = { in: { frames: 0, bytes: 0 }, out: { frames: 0, bytes: 0 } };
  let waiting: HTMLTableRowElement[] = [];

  /** Draws once per animation frame, however many frames arrived. */
  const draw = () => {
    body.prepend(...waiting.reverse());
    waiting = [];
    while (body.rows.length > rowsAtMost) body.lastElementChild?.remove();
    const { in: received, out: sent } = counted;
    totals.textContent = `↑ ${sent.frames}, ${size(sent.bytes)} · ↓ ${received.frames}, ${size(received.bytes)}`;
  };

  onClick('wire-clear', () => body.replaceChildren());
  onClick('wire-pause', () => {
    const paused = pause.ariaPressed !== 'true';
    pause.ariaPressed = String(paused);
    pause.textContent = paused ? 'Resume' : 'Pause';
  });

  return ({ direction, text }) => {
    const bytes = encoder.encode(text).length;
    counted[direction].frames += 1;
    counted[direction].bytes += bytes;
    const { type, payload } = read(text);
    const isShown = pause.ariaPressed !== 'true' && (withCursors.checked || !cursorTypes.has(type));
    if (waiting.length === 0) requestAnimationFrame(draw);
    if (isShown) waiting.push(row(direction, type, payload, bytes));
    if (waiting.length > rowsAtMost) waiting.shift();
  };
}

function row(direction: 'in' | 'out', type: string, payload: unknown, bytes: number): HTMLTableRowElement {
  return make(
    'tr',
    { class: direction },
    make(
      'td',
      {},
      make('span', { 'aria-hidden': 'true' }, direction === 'in' ? '↓' : '↑'),
      make('span', { class: 'unseen' }, direction === 'in' ? 'received' : 'sent'),
    ),
    make('td', { class: 'type' }, type),
    make('td', { class: 'payload' }, unfolding(payload)),
    make('td', { class: 'number' }, size(bytes)),
    make('td', { class: 'number' }, clock.format(Date.now())),
  );
}

/** One line, which expands to the whole payload. */
function unfolding(payload: unknown): HTMLElement {
  const details = make('details', {}, make('summary', {}, JSON.stringify(payload).slice(0, 200)));
  const whole = () => details.append(make('pre', {}, JSON.stringify(payload, null, 2)));
  details.addEventListener('toggle', whole, { once: true });
  return details;
}

/** Shows a frame that is not JSON unchanged. */
function read(text: string): { type: string; payload: unknown } {
  try {
    const { type, payload = {} } = JSON.parse(text);
    return { type: String(type), payload };
  } catch {
    return { type: 'not JSON', payload: text };
  }
}

function size(bytes: number): string {
  return bytes < 1_000 ? `${bytes} B` : `${(bytes / 1_000).toFixed(1)} kB`;
}
