import { afterAll, describe, expect, it } from '@jest/globals';
import { startFakePrivo } from '../support/fake-privo.ts';
import type { Http } from '../support/http.ts';
import { makeWorld } from '../support/world.ts';

const privo = await startFakePrivo(() => world.clock.now());
const addressRules = [
  { type: 'deny', pattern: '@evil\\.' },
  { type: 'allow', pattern: '.' },
] as const;
const world = await makeWorld({ privo: privo.settings, addressRules });
const bare = await makeWorld({ addressRules });
afterAll(() => privo.close());

const ask = async (http: Http, path: string, body: object) => (await http('POST', `/api/v2/${path}`, { body })).body;
const email = (http: Http, address: string) => ask(http, 'email/valid', { email: address });
const displayName = (http: Http, wanted: string, name?: string) =>
  ask(http, 'displayName/valid', { displayName: wanted, ...(name === undefined ? {} : { name }) });

describe('an address', () => {
  it('will do when the rules and Privo have nothing against it', async () => {
    expect(await email(world.http, 'free@example.com')).toEqual({ success: true, allowed: true });
    expect(await email(bare.http, 'free@example.com')).toEqual({ success: true, allowed: true });
  });

  it('will not do against the rules, and Privo is not even asked', async () => {
    const before = privo.requests.length;
    for (const { http } of [world, bare]) {
      expect(await email(http, 'me@evil.example')).toEqual({ success: true, allowed: false });
      expect(await email(http, 'nobody')).toEqual({ success: true, allowed: false });
      expect(await email(http, '')).toEqual({ success: true, allowed: false });
    }
    expect(privo.requests).toHaveLength(before);
  });

  it('that is taken comes with suggestions', async () => {
    privo.add({ email: 'taken@example.com' });
    expect(await email(world.http, 'taken@example.com')).toEqual({
      success: true,
      allowed: false,
      suggestions: ['not-taken@example.com'],
    });
  });
});

describe('a display name', () => {
  it('will do when Privo has nothing against it', async () => {
    expect(await displayName(world.http, 'Comet')).toMatchObject({ success: true, allowed: true });
    expect(await displayName(bare.http, 'Comet', 'Ada')).toMatchObject({ success: true, allowed: true });
  });

  it('must not tell the name', async () => {
    for (const { http } of [world, bare]) {
      expect(await displayName(http, 'superADA', 'Ada')).toEqual({ success: true, allowed: false, containsName: true });
    }
  });

  it('that Privo finds rude, or taken, will not do', async () => {
    privo.state.displayNames.set('rude', { available: true, profanity: true });
    privo.state.displayNames.set('taken', { available: false, suggestions: ['taken1'], profanity: false });
    expect(await displayName(world.http, 'rude')).toMatchObject({ allowed: false, profanity: true });
    expect(await displayName(world.http, 'taken', 'Ada')).toMatchObject({
      allowed: false,
      suggestions: ['taken1'],
      profanity: false,
      containsName: false,
    });
    expect(privo.asked('/api/v1.0/account/check/display-name').at(-1)?.body).toEqual({
      display_name: 'taken',
      suggest: true,
    });
  });
});

it('both say so while Privo is down', async () => {
  privo.state.down = 500;
  expect(await email(world.http, 'a@example.com')).toMatchObject({ errorCode: 'service_unavailable' });
  expect(await displayName(world.http, 'Comet')).toMatchObject({ errorCode: 'service_unavailable' });
  privo.state.down = undefined;
});
