import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { codeFor, launchBrowser, type Visitor, visitorAt } from '../support/visitor.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const signInAs = (visitor: Visitor, { url }: RunningChorus, address: string) =>
  visitor.signIn(address, () => codeFor(url, address));

describe('where guests are welcome', () => {
  let chorus: RunningChorus;
  beforeAll(async () => {
    chorus = await startChorus({ port: 0, fresh: true, quiet: true });
  });
  afterAll(() => chorus.stop());

  const visitorIn = async (room: string, name: string) => {
    const visitor = await visitorAt(browser, `${chorus.url}/?room=${room}`);
    await visitor.join(name);
    return visitor;
  };

  it('somebody who signs in in the room is known by their address from then on, and a guest after signing out', async () => {
    const [ada, grace] = await Promise.all([visitorIn('desk', 'Ada'), visitorIn('desk', 'Grace')]);
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    await signInAs(ada, chorus, 'ada@example.com');
    const entry = grace.page.locator('#people li', { hasText: 'ada@example.com' });
    await entry.getByText('✓ signed in').waitFor();
    await ada.say('It is really me');
    const heard = grace.page.locator('.message', { hasText: 'It is really me' });
    expect(await heard.locator('.by').textContent()).toMatch(/^ada@example\.com✓/);

    await ada.page.reload();
    await ada.isIn();
    expect(await ada.page.locator('#me').textContent()).toBe('ada@example.com');
    await ada.page.getByRole('button', { name: 'Sign out' }).click();
    await entry.waitFor({ state: 'detached' });
    await grace.sees('Ada');
    expect(await ada.page.getByRole('button', { name: 'Sign in' }).isVisible()).toBe(true);
  });

  it('a wrong code is refused in plain words, and the right one still counts', async () => {
    const ada = await visitorAt(browser, chorus.url);
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    const dialog = ada.page.getByRole('dialog');
    const refused = async () => {
      const code = await codeFor(chorus.url, 'slip@example.com');
      await dialog.getByLabel('Code sent to').fill(code === '000000' ? '000001' : '000000');
      await dialog.getByText('That is not the code. Look again at the newest mail.').waitFor();
      return code;
    };
    await ada.signIn('slip@example.com', refused);
    await ada.page.getByText('You join as slip@example.com').waitFor();
  });

  it('a session that was ended elsewhere is noticed, and the visit goes on as a guest', async () => {
    const ada = await visitorIn('elsewhere', 'Ada');
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    await signInAs(ada, chorus, 'ended@example.com');
    await ada.sees('ended@example.com');
    const other = await visitorAt(browser, chorus.url);
    await other.page.getByRole('button', { name: 'Sign in' }).click();
    await signInAs(other, chorus, 'ended@example.com');
    await revokeAllSessions(other, chorus.url);
    await ada.page.getByText('Your session has ended.').waitFor();
    await ada.sees('Ada');
  });
});

describe('where guests are not let in', () => {
  let chorus: RunningChorus;
  beforeAll(async () => {
    chorus = await startChorus({ port: 0, fresh: true, quiet: true, env: { ANONYMOUS: 'nodes' } });
  });
  afterAll(() => chorus.stop());

  it('a guest is told so and asked to sign in; then the room opens', async () => {
    const ada = await visitorAt(browser, `${chorus.url}/?room=members`);
    await ada.page.getByRole('button', { name: 'Join', exact: true }).click();
    await ada.page.getByText('Only people who have signed in may join rooms on this server.').waitFor();
    await signInAs(ada, chorus, 'ada@example.com');
    await ada.join();
    await ada.sees('ada@example.com');
  });
});

/** With the key that the page keeps, as somebody would from another device. */
async function revokeAllSessions(visitor: Visitor, url: string): Promise<void> {
  const kept = await visitor.page.evaluate<string>("localStorage.getItem('chorus.session')");
  const { userId, sessionKey } = JSON.parse(kept);
  await fetch(`${url}/api/v2/revokeAllSessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sessionKey}` },
    body: JSON.stringify({ userId }),
  });
}
