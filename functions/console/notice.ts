import { byId, onClick } from './dom.ts';
import { inWords } from './words.ts';

/**
 * The line below the bar that says what went wrong; it stays until it is dismissed or something else is to be said.
 * @returns what takes it back, unless something else is said by then
 */
export function notify(text: string): () => void {
  const line = byId('notice-text');
  line.textContent = text;
  byId('notice').hidden = text === '';
  return () => {
    if (line.textContent === text) notify('');
  };
}

export function complain(trouble: unknown): void {
  notify(inWords(trouble));
}

export function letDismiss(): void {
  onClick('notice-close', () => notify(''));
}
