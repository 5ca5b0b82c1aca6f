import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { described, readPlain, upload } from '../support/files-world.ts';

/** The functions as they are deployed, with the bucket, the queue and the grants of the template. */
let running: RunningChorus;
let sessionKey: string;
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true });
  const address = 'owner@example.com';
  const { userId, requestId } = await post('/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  ({ sessionKey } = await post('/api/v2/completeLogin', { userId, requestId, code }));
});
afterAll(() => running.stop());

async function post(path: string, body: object) {
  const headers = sessionKey === undefined ? {} : { authorization: `Bearer ${sessionKey}` };
  const answer = await fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return JSON.parse(await answer.text());
}
const call = (procedure: string, input: object) => post('/api/v3/callProcedure', { procedure, input });

/**
 * Asks until the list has so many, and says so: the bucket's word takes its way through a queue, and list and count are read
 * apart.
 */
async function listing(recordName: string, wanted: number) {
  for (;;) {
    const answer = await call('listFiles', { recordName });
    if (answer.files.length === wanted && answer.totalCount === wanted) return answer;
  }
}

describe('files of a running Chorus', () => {
  it('are recorded, uploaded, listed, closed, opened and erased', async () => {
    const recordName = 'album';
    await call('createRecord', { recordName });
    const bytes = 'a picture, as it were';
    const input = { recordKey: recordName, ...described(bytes), fileMimeType: 'image/png' };
    const file = await post('/api/v2/records/file', input);
    expect(file).toMatchObject({ success: true, uploadUrl: expect.stringContaining(running.url) });
    expect(await upload(file, bytes)).toBe('200');
    expect(await readPlain(file.uploadUrl)).toBe(`200 ${bytes}`);
    expect(await listing(recordName, 1)).toMatchObject({ files: [{ url: file.uploadUrl }] });

    const named = { recordKey: recordName, fileUrl: file.uploadUrl };
    expect(await call('updateFile', { ...named, markers: ['private'] })).toEqual({ success: true });
    expect(await readPlain(file.uploadUrl)).toBe('403 AccessDenied');
    const { requestUrl, requestHeaders } = await call('getFile', { fileUrl: file.uploadUrl });
    const { host, ...headers } = requestHeaders;
    expect(await (await fetch(requestUrl, { headers })).text()).toBe(bytes);

    expect(await call('updateFile', { ...named, markers: ['publicRead'] })).toEqual({ success: true });
    expect(await readPlain(file.uploadUrl)).toBe(`200 ${bytes}`);
    expect(await call('eraseFile', named)).toMatchObject({ success: true });
    expect(await readPlain(file.uploadUrl)).toBe('403 AccessDenied');
    await listing(recordName, 0);
  });

  it('are sent by pages of any origin with all headers that were signed', async () => {
    const bytes = 'from a page';
    const input = { recordKey: 'album', ...described(bytes), fileMimeType: 'text/plain' };
    const file = await call('recordFile', input);
    const preflight = await fetch(file.uploadUrl, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://any.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': Object.keys(file.uploadHeaders).join(', '),
      },
    });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    for (const name of Object.keys(file.uploadHeaders)) {
      expect(preflight.headers.get('access-control-allow-headers')).toContain(name);
    }
  });

  it('whose erasure was overtaken by an upload go all the same', async () => {
    const bytes = 'too late';
    const input = { recordKey: 'album', ...described(bytes), fileMimeType: 'text/plain' };
    const file = await call('recordFile', input);
    await call('eraseFile', { recordKey: 'album', fileUrl: file.uploadUrl });
    expect(await upload(file, bytes)).toBe('200');
    let answer = '';
    while (answer !== '403 AccessDenied') answer = await readPlain(file.uploadUrl);
    await listing('album', 0);
  });
});
