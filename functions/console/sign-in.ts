import { byId, onClick, onSubmit } from './dom.ts';
import { type CodeRequest, requestCode, type Session, signIn } from './session.ts';
import { inWords } from './words.ts';

/**
 * The sign-in dialog: an address, then the code sent to it. @returns a function that opens it, with an optional reason
 */
export function signInDialog(onSignedIn: (session: Session) => void): (why?: string) => void {
  const dialog = byId('sign-in-dialog', HTMLDialogElement);
  const askCode = byId('ask-code', HTMLFormElement);
  const giveCode = byId('give-code', HTMLFormElement);
  const address = byId('address', HTMLInputElement);
  const code = byId('code', HTMLInputElement);
  const error = byId('sign-in-error');
  let request: CodeRequest | undefined;

  const show = (next: CodeRequest | undefined) => {
    request = next;
    askCode.hidden = next !== undefined;
    giveCode.hidden = next === undefined;
    error.textContent = '';
    code.value = '';
    if (next) offerOutbox(next.address);
    (next ? code : address).focus();
  };
  const trying = async (work: () => Promise<void>) => {
    error.textContent = '';
    try {
      await work();
    } catch (trouble) {
      error.textContent = inWords(trouble);
    }
  };

  onSubmit(askCode, () => trying(async () => show(await requestCode(address.value.trim()))));
  onSubmit(giveCode, () =>
    trying(async () => {
      if (!request) return;
      const session = await signIn(request, code.value);
      dialog.close();
      onSignedIn(session);
    }),
  );
  code.addEventListener('input', () => {
    if (/^\d{6}$/.test(code.value)) giveCode.requestSubmit();
  });
  onClick('other-address', () => show(undefined));
  dialog.querySelector('[data-closes]')?.addEventListener('click', () => dialog.close());

  return (why = '') => {
    dialog.showModal();
    show(undefined);
    error.textContent = why;
  };
}

/** A local server sends no mail; its outbox shows what it would have sent. */
function offerOutbox(address: string): void {
  byId('sent-to').textContent = address;
  const outbox = byId('outbox', HTMLAnchorElement);
  outbox.hidden = !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  outbox.href = `/local/outbox?address=${encodeURIComponent(address)}`;
}
