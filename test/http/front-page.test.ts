import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { page } from '../support/functions.ts';
import { makeWorld } from '../support/world.ts';

const browser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

describe('GET /', () => {
  it('tells programs what this is', async () => {
    const { http } = await makeWorld();
    const { status, text, headers } = await http('GET', '/', { headers: { accept: '*/*' } });
    expect([status, text, headers['content-type']]).toEqual([200, 'openlivesync', 'text/plain; charset=utf-8']);
    expect((await http('GET', '/')).text).toBe('openlivesync');
  });

  it('shows people the console, which runs its own scripts and no others', async () => {
    const { http } = await makeWorld();
    const { status, text, headers } = await http('GET', '/', browser);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toBe(page);
    const own = createHash('sha256').update('alert(1)').digest('base64');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain(`script-src 'sha256-${own}';`);
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer' });
  });

  it('sends the console packed to browsers that unpack it', async () => {
    const { http } = await makeWorld();
    const headers = { ...browser.headers, 'accept-encoding': 'gzip, deflate, br' };
    const answer = await http('GET', '/', { headers });
    expect(gunzipSync(Buffer.from(answer.text, 'base64')).toString()).toBe(page);
    expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept, Accept-Encoding' });
  });

  it('leads people to where they sign in, where that is somewhere else', async () => {
    const { http } = await makeWorld({ frontendOrigin: 'https://app.example.com' });
    const { status, headers } = await http('GET', '/', browser);
    expect([status, headers.location]).toEqual([302, 'https://app.example.com']);
    expect((await http('GET', '/')).text).toBe('openlivesync');
  });
});
