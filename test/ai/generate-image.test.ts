import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Failure } from '../../functions/core/errors.ts';
import { aiWorld } from '../support/ai-world.ts';
import type { Result } from '../support/fake-fireworks.ts';

const world = await aiWorld();
const { fireworks, instanceId, put, key, post, owner, functions, clock } = world;

afterEach(() => {
  fireworks.forget();
  functions.started.length = 0;
});
afterAll(() => world.stop());

const generate = (body: object = {}) =>
  post('/api/generate-image', { instanceId, outputKey: 'image', prompt: 'A cat', ...body });
const jobAt = async (jobId: string, as = owner.sessionKey) => {
  const { status, body } = await world.http('GET', `/api/jobs/${jobId}`, { as });
  return { status, body };
};
const ready = (sample: unknown): Result => ({ status: 'Ready', result: { sample } });

describe('an image', () => {
  it('is asked for in Fireworks’ words, and kept when it is there', async () => {
    fireworks.next({ status: 'Pending' }, { status: 'Task not found' }, ready('QUJD'));
    expect(await generate()).toMatchObject({
      status: 200,
      body: { success: true, outputKey: 'image', message: 'Image generated and saved to MindCache' },
    });
    expect(fireworks.submitted.map(({ body }) => body)).toEqual([{ prompt: 'A cat', seed: -1, aspect_ratio: '1:1' }]);
    expect(fireworks.submitted[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(fireworks.polled).toEqual(Array(3).fill({ id: 'request-1' }));
    expect(await key('image')).toMatchObject({
      value: 'data:image/jpeg;base64,QUJD',
      attributes: { type: 'image', contentType: 'image/jpeg', tags: ['generated', 'fireworks'] },
    });
    expect((await world.usage())[0]).toMatchObject({
      endpoint: '/api/generate-image',
      model: 'flux-kontext-pro',
      input_tokens: null,
      output_tokens: null,
    });
  });

  it('may start from others', async () => {
    await put('one', 'QUFB', { type: 'image' });
    await put('two', 'data:image/png;base64,QkJC', { type: 'image' });
    fireworks.next(ready('QUJD'), ready('QUJD'));
    await generate({ imageKey: 'one', seed: 5, aspectRatio: '16:9', safetyTolerance: 4 });
    await generate({ imageKeys: ['one', 'two'] });
    expect(fireworks.submitted.map(({ body }) => body)).toEqual([
      {
        prompt: 'A cat',
        seed: 5,
        input_image: 'data:image/jpeg;base64,QUFB',
        prompt_upsampling: false,
        safety_tolerance: 4,
      },
      {
        prompt: 'A cat',
        seed: -1,
        input_image: ['data:image/jpeg;base64,QUFB', 'data:image/png;base64,QkJC'],
        prompt_upsampling: false,
        safety_tolerance: 2,
      },
    ]);
  });

  it('takes its prompt from a key, which wins over the text', async () => {
    await put('p', 'A dog');
    fireworks.next(ready('QUJD'));
    await generate({ promptKey: 'p' });
    expect(fireworks.submitted[0]?.body.prompt).toBe('A dog');
  });

  it.each(['Ready', 'Complete', 'Finished'])('is there when it is %s', async (status) => {
    fireworks.next({ status, result: { sample: 'data:image/png;base64,QUJD' } });
    expect((await generate({ outputKey: status })).status).toBe(200);
    expect(await key(status)).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
  });

  it('is fetched where it lies, through the guard', async () => {
    const url = fireworks.picture('/cat.jpg', Buffer.from('ABC'));
    fireworks.next(ready(url));
    expect(await generate({ outputKey: 'fetched' })).toMatchObject({
      status: 500,
      body: { error: 'Image generation failed', details: 'The URL must begin with https://.' },
    });
    expect(await key('fetched')).toBeUndefined();
    world.allowedHosts.add(fireworks.host);
    fireworks.next(ready(url));
    expect((await generate({ outputKey: 'fetched' })).status).toBe(200);
    expect(await key('fetched')).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
  });

  it.each<[string, () => string, string]>([
    ['that is too large', () => fireworks.picture('/big', Buffer.alloc(17 * 1024 * 1024)), 'Image generation failed'],
    [
      'that is not there',
      () => fireworks.picture('/none', Buffer.alloc(0), { status: 404 }),
      'Generation failed: the image could not be fetched, status 404',
    ],
    ['in a private network', () => 'https://169.254.169.254/', 'Image generation failed'],
  ])('%s is not kept', async (_what, sample, error) => {
    world.allowedHosts.add(fireworks.host);
    fireworks.next(ready(sample()));
    const { status, body } = await generate({ outputKey: 'bad' });
    expect({ status, error: body.error }).toEqual({ status: 500, error });
    expect(await key('bad')).toBeUndefined();
  });

  it.each<[string, () => string]>([
    ['nothing', () => fireworks.picture('/empty', Buffer.alloc(0))],
    ['a page', () => fireworks.picture('/page', Buffer.from('<html>'), { type: 'text/html' })],
    ['a drawing', () => fireworks.picture('/drawing', Buffer.from('<svg/>'), { type: 'image/svg+xml' })],
    ['another scheme', () => 'ftp://x/a'],
    ['a URL that is none', () => 'https:\\\\127.0.0.1\\a'],
    ['a host that is none', () => 'https://'],
    ['no base64', () => 'not base64 !!!'],
    ['base64 that was cut', () => 'QUJDR'],
    ['a data URL of nothing', () => 'data:'],
    ['a data URL of no bytes', () => 'data:image/png;base64,'],
    ['a data URL of a text', () => 'data:text/html;base64,QUJD'],
    ['a data URL of a drawing', () => 'data:image/svg+xml;base64,QUJD'],
    ['a data URL that is not in base64', () => 'data:image/png,QUJD'],
  ])('that is %s is none, and is not kept', async (_what, sample) => {
    world.allowedHosts.add(fireworks.host);
    await put('stays', 'as it was');
    fireworks.next(ready(sample()));
    const { status, body } = await generate({ outputKey: 'stays' });
    expect({ status, error: body.error }).toEqual({
      status: 500,
      error: expect.stringMatching(/^(Image generation|Generation) failed/),
    });
    expect(await key('stays')).toMatchObject({ value: 'as it was' });
  });

  it.each([
    ['JPEG', 'ffd8ffe0'],
    ['PNG', '89504e470d0a1a0a'],
    ['GIF', '474946383961'],
    ['WebP', '524946460000000057454250'],
  ])('is kept by what it is where nobody says so: %s', async (name, hex) => {
    world.allowedHosts.add(fireworks.host);
    const bytes = Buffer.from(hex, 'hex');
    fireworks.next(ready(fireworks.picture(`/${name}`, bytes, { type: 'application/octet-stream' })));
    expect((await generate({ outputKey: name })).status).toBe(200);
    expect(await key(name)).toMatchObject({ value: `data:image/jpeg;base64,${bytes.toString('base64')}` });
  });

  it.each<[string, Result, number, string]>([
    ['Failed', { status: 'Failed', details: 'out of cats' }, 500, 'Generation failed: out of cats'],
    ['Error', { status: 'Error', details: { code: 5 } }, 500, 'Generation failed: {"code":5}'],
    ['Request Moderated', { status: 'Request Moderated' }, 400, 'Request blocked by content moderation'],
  ])('that is %s is refused', async (_status, result, status, error) => {
    fireworks.next(result);
    const answer = await generate({ outputKey: 'none' });
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error } });
    expect(await key('none')).toBeUndefined();
  });

  it('is asked for again when a question fails on its way', async () => {
    fireworks.next(503, 'silent', ready('QUJD'));
    expect((await generate()).status).toBe(200);
    expect(fireworks.polled).toHaveLength(3);
  });

  it('that Fireworks does not take is refused with its reason, and counts as asked for', async () => {
    const before = (await world.usage()).length;
    fireworks.state.refusal = { status: 422, body: '{"error":{"message":"no such ratio"}}' };
    const { status, body } = await generate();
    expect({ status, body }).toEqual({ status: 500, body: { error: 'Fireworks API error: no such ratio' } });
    expect((await world.usage()).length).toBe(before + 1);
  });

  it.each([
    ['no prompt', { prompt: undefined }, 400, 'Either prompt or promptKey required'],
    ['no instance', { instanceId: undefined }, 400, 'instanceId and outputKey required'],
    ['no output', { outputKey: '' }, 400, 'instanceId and outputKey required'],
    ['a prompt key that is not there', { promptKey: 'none' }, 404, 'Prompt key "none" not found'],
    ['a source that is not there', { imageKeys: ['none'] }, 404, 'Image key "none" not found'],
  ])('with %s is refused', async (_what, body, status, error) => {
    const answer = await generate(body);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error } });
    expect(fireworks.submitted).toEqual([]);
  });

  it('is none without a key', async () => {
    const without = await aiWorld('responses', { fireworks: undefined });
    without.stop();
    const body = { instanceId: without.instanceId, outputKey: 'x', prompt: 'x' };
    expect(await without.post('/api/generate-image', body)).toMatchObject({
      status: 500,
      body: { error: 'Fireworks API key not configured' },
    });
  });
});

describe('an image that takes longer than 25 seconds', () => {
  it('is answered with a job in time, and kept when it is there', async () => {
    const before = clock.now();
    const { status, body } = await generate({ outputKey: 'slow' });
    expect({ status, body }).toEqual({
      status: 202,
      body: { success: true, status: 'processing', outputKey: 'slow', jobId: expect.any(String) },
    });
    expect(clock.now() - before).toBeLessThanOrEqual(25_000);
    expect(await jobAt(body.jobId)).toEqual({ status: 200, body: { status: 'processing' } });
    expect(await key('slow')).toBeUndefined();
    fireworks.next({ status: 'Pending' }, ready('QUJD'));
    await functions.workOff();
    expect(await jobAt(body.jobId)).toEqual({ status: 200, body: { status: 'done' } });
    expect(await key('slow')).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
  });

  it.each<[string, () => Result]>([
    ['an answer', () => 'hanging'],
    ['the image itself', () => ready(fireworks.hangingPicture())],
  ])(
    'is answered in time also when %s hangs, and kept when it is there',
    async (_what, last) => {
      world.allowedHosts.add(fireworks.host);
      fireworks.next(...Array.from({ length: 18 }, (): Result => ({ status: 'Pending' })), last());
      const { status, body } = await generate({ outputKey: 'hung' });
      expect(status).toBe(202);
      fireworks.next(ready('QUJD'));
      await functions.workOff();
      expect(await jobAt(body.jobId)).toEqual({ status: 200, body: { status: 'done' } });
      expect(await key('hung')).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
    },
    17_000,
  ); // nobody waits for all of the 20 s that a question may take

  it('is handed over also when it is there at once and slow to fetch, and has failed when it stays so', async () => {
    const sending = jest.spyOn(world.ports.outbound, 'send');
    const slow = () => sending.mockRejectedValueOnce(new Failure('took_too_long', 'It did not answer in time.'));
    slow();
    fireworks.next(ready('https://example.com/slow.jpg'));
    const { status, body } = await generate({ outputKey: 'slow to fetch' });
    expect(status).toBe(202);
    slow();
    fireworks.next(ready('https://example.com/slow.jpg'));
    await functions.workOff();
    sending.mockRestore();
    expect(await jobAt(body.jobId)).toEqual({
      status: 200,
      body: { status: 'failed', error: 'Generation failed: the image could not be fetched in time' },
    });
    expect(await key('slow to fetch')).toBeUndefined();
  });

  it('is given up after 60 questions, and nothing is kept', async () => {
    const { body } = await generate({ outputKey: 'never' });
    await functions.workOff();
    expect(fireworks.polled).toHaveLength(60);
    expect(await jobAt(body.jobId)).toEqual({ status: 200, body: { status: 'failed', error: 'Request timed out' } });
    expect(await key('never')).toBeUndefined();
  });

  it.each<[string, Result, string]>([
    ['moderated', { status: 'Request Moderated' }, 'Request blocked by content moderation'],
    ['failed', { status: 'Failed', details: 'no' }, 'Generation failed: no'],
  ])('and is %s then, is a job that failed', async (_what, result, error) => {
    const { body } = await generate({ outputKey: 'failed' });
    fireworks.next(result);
    await functions.workOff();
    expect(await jobAt(body.jobId)).toEqual({ status: 200, body: { status: 'failed', error } });
  });

  it('is kept once, though it is handed over twice', async () => {
    const { body } = await generate({ outputKey: 'twice' });
    functions.started.push(...functions.started);
    fireworks.next(ready('QUJD'), ready('REVG'));
    await functions.workOff();
    expect(await key('twice')).toMatchObject({ value: 'data:image/jpeg;base64,QUJD' });
    expect(await jobAt(body.jobId)).toMatchObject({ body: { status: 'done' } });
  });

  it('is not kept for somebody who may not write there any more', async () => {
    const friend = await world.signIn('friend@example.com');
    const as = owner.sessionKey;
    const shared = { targetType: 'user', targetId: friend.userId, permission: 'write' };
    const { body: share } = await world.http('POST', `/api/instances/${instanceId}/shares`, { as, body: shared });
    const asked = { instanceId, outputKey: 'revoked', prompt: 'A cat' };
    const { body } = await post('/api/generate-image', asked, friend);
    await world.http('DELETE', `/api/shares/${share.id}`, { as });
    fireworks.next(ready('QUJD'));
    await functions.workOff();
    expect(await key('revoked')).toBeUndefined();
    expect(await jobAt(body.jobId)).toMatchObject({ body: { status: 'failed', error: 'Instance not found' } });
  });

  it('has failed when whoever worked on it has died for good', async () => {
    const { body } = await generate({ outputKey: 'dead' });
    clock.advance(11 * 60_000);
    expect(await jobAt(body.jobId)).toMatchObject({ body: { status: 'failed', error: 'Request timed out' } });
  });

  it('is nobody else’s business', async () => {
    const stranger = await world.signIn('stranger@example.com');
    const { body } = await generate({ outputKey: 'mine' });
    const notFound = { status: 404, body: { error: 'Job not found' } };
    expect(await jobAt(body.jobId, stranger.sessionKey)).toEqual(notFound);
    expect(await jobAt('nonsense')).toEqual(notFound);
    expect((await world.http('GET', `/api/jobs/${body.jobId}`)).status).toBe(401);
  });
});
