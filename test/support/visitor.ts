import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** A user with a browser of their own at the page `/`, and what they do and see there. */
export interface Visitor {
  readonly page: Page;
  /** Errors of the browser: those of the script, and violations of the page's policy. */
  readonly complaints: readonly string[];
  /** Goes from the lobby into the room. */
  join(name?: string): Promise<void>;
  isIn(): Promise<void>;
  say(text: string): Promise<void>;
  /** Waits until so many messages are shown. @returns their texts, from top to bottom */
  messages(atLeast: number): Promise<string[]>;
  /** Waits until somebody is in the list of people. */
  sees(name: string): Promise<void>;
  /** With the pointer, in fractions of the stage. */
  pointsAt(x: number, y: number): Promise<void>;
  signIn(address: string, code: () => Promise<string>): Promise<void>;
}

const patienceMs = 10_000;

/** Chromium as this machine has it: `CHROMIUM` names it, Debian's is the default. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export async function visitorAt(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(patienceMs); // so that a wait that times out says what it waited for
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);

  const isIn = () => page.locator('#people li', { hasText: 'you' }).waitFor({ state: 'attached' });
  return {
    page,
    complaints,
    isIn,
    async join(name) {
      if (name !== undefined) await page.getByLabel('Your name').fill(name);
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      await isIn();
    },
    async say(text) {
      await page.getByLabel('Message', { exact: true }).fill(text);
      await page.getByRole('button', { name: 'Send', exact: true }).click();
    },
    async messages(atLeast) {
      const texts = page.locator('#messages .text');
      await texts.nth(atLeast - 1).waitFor({ state: 'attached' });
      return texts.allTextContents();
    },
    async sees(name) {
      await page.locator('#people .name', { hasText: name }).waitFor({ state: 'attached' });
    },
    async pointsAt(x, y) {
      const box = await page.locator('#pad').boundingBox();
      if (!box) throw new Error('the stage is not shown');
      await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
    },
    async signIn(address, code) {
      await page.getByLabel('E-mail address').fill(address);
      await page.getByRole('button', { name: 'Send code' }).click();
      const field = page.getByLabel('Code sent to');
      await field.waitFor();
      await field.fill(await code());
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    },
  };
}

/** The code in the newest mail to this address, as the local server's outbox keeps it. */
export async function codeFor(url: string, address: string): Promise<string> {
  const answer = await fetch(`${url}/local/outbox?address=${encodeURIComponent(address)}`);
  const mails = (await answer.json()) as { readonly code: string }[]; // the outbox's documented answer
  const newest = mails.at(-1);
  if (!newest) throw new Error(`no mail for ${address}`);
  return newest.code;
}
