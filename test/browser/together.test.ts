import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { WebSocket } from 'ws';
import { connectRooms } from '../../client/rooms.ts';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { launchBrowser, type Visitor, visitorAt } from '../support/visitor.ts';

let chorus: RunningChorus;
let browser: Browser;
beforeAll(async () => {
  [chorus, browser] = await Promise.all([startChorus({ port: 0, fresh: true, quiet: true }), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await chorus.stop();
});

/** Two people in a room of their own. */
async function twoIn(room: string): Promise<[Visitor, Visitor]> {
  const url = `${chorus.url}/?room=${room}`;
  const ada = await visitorAt(browser, url);
  await ada.join('Ada');
  const grace = await visitorAt(browser, url);
  await grace.join('Grace');
  return [ada, grace];
}

describe('two people in a room', () => {
  it('see each other come and go', async () => {
    const [ada, grace] = await twoIn('come-and-go');
    await Promise.all([ada.sees('Grace'), grace.sees('Ada')]);
    await grace.page.getByRole('button', { name: 'Leave' }).click();
    await ada.page.getByText('You are the only one here.').waitFor();
    expect(await ada.page.locator('#people .name').allTextContents()).toEqual(['Ada']);
  });

  it('see where the other one points, wherever that is on their own screens', async () => {
    const [ada, grace] = await twoIn('cursors');
    await grace.page.setViewportSize({ width: 900, height: 600 });
    await ada.pointsAt(0.25, 0.5);
    await ada.pointsAt(0.75, 0.25);
    const cursor = grace.page.locator('.cursor', { hasText: 'Ada' });
    await grace.page.locator('.cursor[style*="--x: 0.75;"][style*="--y: 0.25"]').waitFor({ state: 'attached' });
    await ada.page.getByRole('button', { name: 'Leave' }).hover();
    await cursor.waitFor({ state: 'detached' });
  });

  it('are shown a pointer moved with the arrow keys alone', async () => {
    const [ada, grace] = await twoIn('keyboard');
    await ada.page.getByRole('button', { name: 'Shared stage' }).focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowDown']) await ada.page.keyboard.press(key);
    await grace.page.locator('.cursor[style*="--x: 0.46;"][style*="--y: 0.52"]').waitFor({ state: 'attached' });
  });

  it('both see a reaction and a ping for a moment', async () => {
    const [ada, grace] = await twoIn('reactions');
    const applause = [ada, grace].map(({ page }) => page.locator('.effect', { hasText: '👏' }).waitFor());
    await grace.page.getByRole('button', { name: 'Send applause' }).click();
    await Promise.all(applause);
    await ada.page.getByText('Grace sends applause.').waitFor({ state: 'attached' });
    const ping = ada.page.locator('.effect.ping').waitFor({ state: 'attached' });
    await grace.page.locator('#pad').click({ position: { x: 40, y: 40 } });
    await ping;
  });

  it('read what was said in one order, also after a reload', async () => {
    const [ada, grace] = await twoIn('chat');
    await ada.say('one');
    await grace.messages(1);
    await grace.say('two <b>is not bold</b>');
    await ada.messages(2);
    await ada.say('three');
    const said = ['one', 'two <b>is not bold</b>', 'three'];
    expect(await ada.messages(3)).toEqual(said);
    expect(await grace.messages(3)).toEqual(said);
    await grace.page.reload();
    await grace.isIn();
    expect(await grace.messages(3)).toEqual(said);
    expect(await grace.page.locator('#sending li').count()).toBe(0);
    expect([...ada.complaints, ...grace.complaints]).toEqual([]);
  });
});

describe('one person in a room', () => {
  it('opens it in a second window and is there at once', async () => {
    const ada = await visitorAt(browser, `${chorus.url}/?room=second%20window%20%231`);
    await ada.join('Ada');
    const [second] = await Promise.all([
      ada.page.context().waitForEvent('page'),
      ada.page.getByRole('link', { name: 'a second window' }).click(),
    ]);
    await second.getByRole('heading', { name: 'second window #1' }).waitFor();
    await ada.page.locator('#people li:nth-child(2)').waitFor();
  });

  it('goes back through the whole history page by page', async () => {
    const rooms = connectRooms({ url: `${chorus.url.replace('http', 'ws')}/live`, WebSocket });
    await rooms.join('long-story');
    const said = Array.from({ length: 130 }, (_, number) => `message ${number}`);
    for (const text of said) await rooms.chat(text);
    rooms.close();
    const ada = await visitorAt(browser, `${chorus.url}/?room=long-story`);
    await ada.join();
    const newest = await ada.messages(100);
    expect(newest).toEqual(said.slice(-100));
    const older = ada.page.getByRole('button', { name: 'Load older messages' });
    await older.click();
    expect(await ada.messages(130)).toEqual(said);
    await older.waitFor({ state: 'hidden' });
  });

  it('sees every frame that goes by, with its type, size and payload', async () => {
    const ada = await visitorAt(browser, `${chorus.url}/?room=frames`);
    await ada.join('Ada');
    await ada.say('look');
    await ada.messages(1);
    const row = ada.page.locator('#frames tr', { hasText: 'send_chat' });
    expect(await row.locator('td').nth(3).textContent()).toMatch(/^\d+ B$/);
    await row.locator('summary').click();
    expect(await row.locator('pre').textContent()).toContain('"message": "look"');
  });
});
