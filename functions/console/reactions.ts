import { byId, make } from './dom.ts';

/** Events that everybody in the room sees for a moment. The page ignores a received emoji that is not one of these. */

const reactions: Readonly<Record<string, string>> = {
  '👏': 'applause',
  '🎉': 'a party',
  '❤️': 'a heart',
  '😂': 'a laugh',
  '🔥': 'fire',
};

export function showReactions(onChosen: (emoji: string) => void): void {
  const bar = byId('reactions', HTMLFieldSetElement);
  for (const [emoji, word] of Object.entries(reactions)) {
    const button = make('button', { type: 'button', 'aria-label': `Send ${word}`, title: `Send ${word}` }, emoji);
    button.addEventListener('click', () => onChosen(emoji));
    bar.append(button);
  }
}

/** The name of a reaction; undefined for any other text. */
export function wordFor(emoji: unknown): string | undefined {
  return typeof emoji === 'string' && Object.hasOwn(reactions, emoji) ? reactions[emoji] : undefined;
}
