import { byId } from './dom.ts';

/** On narrow screens only one panel is visible at a time. */
export function letSwitchPanels(): void {
  const room = byId('room');
  const tabs = [...document.querySelectorAll<HTMLButtonElement>('[data-shows]')];
  for (const tab of tabs) {
    tab.addEventListener('click', () => {
      room.dataset.panel = tab.dataset.shows ?? '';
      for (const each of tabs) each.ariaPressed = String(each === tab);
    });
  }
}
