import { byId } from './dom.ts';
import { notify } from './notice.ts';
import { linkTo } from './tab.ts';

/** The room's name in the bar, and its link to share. @returns a function that shows another room */
export function offerLink(): (roomId: string) => void {
  const button = byId('share', HTMLButtonElement);
  let link = location.href;
  button.addEventListener('click', () => {
    copy(link).then(
      () => {
        button.textContent = 'Copied';
        setTimeout(() => {
          button.textContent = 'Copy link';
        }, 2_000);
      },
      () => notify(`This browser does not let the page copy. The link is ${link}`),
    );
  });
  return (roomId) => {
    link = linkTo(roomId);
    byId('room-name').textContent = roomId;
    byId('second', HTMLAnchorElement).href = `${link}#join`;
  };
}

/** Browsers have a clipboard only on secure pages. */
async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
}
