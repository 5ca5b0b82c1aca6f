import { byId, make } from './dom.ts';

/** Events that everybody in the room sees for a moment. What others send is taken only if it is one of these. */

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

/** What a reaction is called; undefined for what is none. */
export function wordFor(emoji: unknown): string | undefined {
  return typeof emoji === 'string' && Object.hasOwn(reactions, emoji) ? reactions[emoji] : undefined;
}
