import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { launchBrowser, visitorAt } from '../support/visitor.ts';
import { openWire, type Wire } from '../support/wire.ts';

let chorus: RunningChorus;
let browser: Browser;
let wire: Wire;
beforeAll(async () => {
  [chorus, browser] = await Promise.all([startChorus({ port: 0, fresh: true, quiet: true }), launchBrowser()]);
  wire = await openWire(chorus.url);
});
afterAll(async () => {
  await browser.close();
  await wire.close();
  await chorus.stop();
});

describe('a network that fails', () => {
  it('loses and doubles nothing that either side says meanwhile', async () => {
    const ada = await visitorAt(browser, `${wire.url}/?room=tunnel`);
    await ada.join('Ada');
    const grace = await visitorAt(browser, `${chorus.url}/?room=tunnel`);
    await grace.join('Grace');
    await ada.say('before the tunnel');
    await grace.messages(1);

    wire.cut();
    await ada.page.getByText('Reconnecting…').waitFor();
    await grace.page.getByText('You are the only one here.').waitFor();
    await grace.say('are you there?');
    await grace.messages(2);
    await ada.say('said in the tunnel');
    await ada.say('said twice');
    await ada.say('said twice');
    expect(await ada.page.locator('#sending li').allTextContents()).toEqual([
      'said in the tunnel',
      'said twice',
      'said twice',
    ]);

    wire.mend();
    await ada.page.getByText('Live', { exact: true }).waitFor();
    await grace.sees('Ada');
    await grace.messages(5);
    await grace.say('welcome back');
    const said = [
      'before the tunnel',
      'are you there?',
      'said in the tunnel',
      'said twice',
      'said twice',
      'welcome back',
    ];
    expect(await ada.messages(6)).toEqual(said);
    expect(await grace.messages(6)).toEqual(said);
    expect(await ada.page.locator('#sending li').count()).toBe(0);
    expect(await ada.page.locator('#people .name').allTextContents()).toEqual(['Ada', 'Grace']);
  });

  it('is said in plain words to whoever wants to sign in', async () => {
    const ada = await visitorAt(browser, wire.url);
    await ada.page.getByRole('button', { name: 'Sign in' }).click();
    wire.cut();
    await ada.page.getByLabel('E-mail address').fill('ada@example.com');
    await ada.page.getByRole('button', { name: 'Send code' }).click();
    await ada.page.getByText('The server cannot be reached. Check your connection, then try again.').waitFor();
    wire.mend();
  });
});
