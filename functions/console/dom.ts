/** The page's element with this id, of this kind. @throws Error when index.html has no such element */
export function byId(id: string): HTMLElement;
export function byId<T extends HTMLElement>(id: string, kind: abstract new () => T): T;
export function byId(id: string, kind: abstract new () => HTMLElement = HTMLElement): HTMLElement {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} with the id ${id}`);
}

/** Creates an element with these attributes and children. Text is never parsed as markup, whatever users write. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Runs `work` when a form is submitted, with its button disabled until it is done. The browser stays on the page. */
export function onSubmit(form: HTMLFormElement, work: () => Promise<void>): void {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = form.querySelector<HTMLButtonElement>('[type=submit]');
    if (button?.disabled) return;
    if (button) button.disabled = true;
    void work().finally(() => {
      if (button) button.disabled = false;
    });
  });
}

export function onClick(id: string, work: () => void): void {
  byId(id).addEventListener('click', work);
}
