import { byId, onClick } from './dom.ts';
import { inWords } from './words.ts';

/**
 * The line below the bar that shows an error. It stays until the user dismisses it or another one replaces it.
 * @returns a function that removes it, unless another one has replaced it
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
