import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { launchBrowser, visitorAt } from '../support/visitor.ts';

let chorus: RunningChorus;
let browser: Browser;
beforeAll(async () => {
  [chorus, browser] = await Promise.all([startChorus({ port: 0, fresh: true, quiet: true }), launchBrowser()]);
});
afterAll(async () => {
  await browser.close();
  await chorus.stop();
});

const narrow: BrowserContextOptions = { viewport: { width: 380, height: 760 }, hasTouch: true };
const wide: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };

describe.each([
  ['narrow light', narrow, 'light'],
  ['narrow dark', narrow, 'dark'],
  ['wide light', wide, 'light'],
  ['wide dark', wide, 'dark'],
] as const)('%s', (name, window, colorScheme) => {
  const shoot = (what: string) => `test-results/console-${what}-${name.replace(' ', '-')}.png`;

  it('shows lobby and room without anything beside the screen or against the policy', async () => {
    const url = `${chorus.url}/?room=${name.replace(' ', '-')}`;
    const ada = await visitorAt(browser, url, { ...window, colorScheme });
    const asked: string[] = [];
    ada.page.on('request', (request) => asked.push(new URL(request.url()).origin));
    const overflow = () => ada.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(await overflow()).toBe(0);
    await ada.page.screenshot({ path: shoot('lobby') });

    await ada.join('Ada');
    const grace = await visitorAt(browser, url, { ...wide, colorScheme });
    await grace.join('Grace');
    await ada.say('Good morning. Can you see where I point?');
    await grace.messages(1);
    await grace.say('I can! It moves as if we sat at one desk.');
    await grace.say('Here is some applause.');
    await ada.messages(3);
    await grace.page.getByRole('button', { name: 'Send applause' }).click();
    await grace.pointsAt(0.3, 0.4);
    await ada.page.locator('.cursor', { hasText: 'Grace' }).waitFor();
    expect(await overflow()).toBe(0);
    await ada.page.screenshot({ path: shoot('room') });
    expect(ada.complaints).toEqual([]);
    expect(asked.filter((origin) => origin !== chorus.url)).toEqual([]);
  });
});

describe('the page', () => {
  it('is one text that travels in less than 20 KB, with nothing to load beside it', async () => {
    const answer = await fetch(chorus.url, { headers: { accept: 'text/html', 'accept-encoding': 'gzip' } });
    const text = await answer.text();
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(20 * 1024);
    expect(text).not.toMatch(/<(script|img|iframe)[^>]* src=|<link[^>]* rel="stylesheet"/);
  });

  it('keeps still for those who ask for it', async () => {
    const ada = await visitorAt(browser, `${chorus.url}/?room=still`, { reducedMotion: 'reduce' });
    await ada.join('Ada');
    await ada.page.getByRole('button', { name: 'Send fire' }).click();
    const moving = "getComputedStyle(document.querySelector('.effect')).animationName";
    expect(await ada.page.evaluate<string>(moving)).toBe('fade');
  });
});
