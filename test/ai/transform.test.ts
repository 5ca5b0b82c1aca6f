import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { aiWorld } from '../support/ai-world.ts';

const worlds = { responses: await aiWorld('responses'), chat: await aiWorld('chat') };
const world = worlds.responses;
const { openAi, instanceId, put, key, post } = world;

afterEach(() => {
  openAi.forget();
  world.fireworks.forget();
});
afterAll(() => {
  for (const each of Object.values(worlds)) each.stop();
});

const requests = [
  ['/api/transform', { outputKey: 'out', template: 'x' }],
  ['/api/analyze-image', { outputKey: 'out', imageBase64: 'QUJD', prompt: 'x' }],
  ['/api/generate-image', { outputKey: 'out', prompt: 'x' }],
] as const;

const transform = (body: object) => post('/api/transform', { instanceId, outputKey: 'out', ...body });
const sent = () => openAi.asked[0]?.body.input[0].content[0].text;

describe.each(['responses', 'chat'] as const)('a transformation over %s', (api) => {
  it('keeps what the model writes', async () => {
    const here = worlds[api];
    await here.put('name', 'Ada');
    here.openAi.next({ say: ['Bonjour Ada'] });
    const body = { instanceId: here.instanceId, outputKey: 'out', template: 'Hello {{name}}', prompt: 'In French' };
    expect(await here.post('/api/transform', body)).toMatchObject({
      status: 200,
      body: { success: true, outputKey: 'out', result: 'Bonjour Ada' },
    });
    expect(here.openAi.asked).toHaveLength(1);
    const { body: asked } = here.openAi.asked[0] ?? {};
    expect(asked).toMatchObject({ model: 'gpt-4o-mini' });
    expect(asked).not.toHaveProperty('tools');
    expect(JSON.stringify(asked)).toContain('In French\\n\\nInput:\\nHello Ada');
    expect(await here.key('out')).toMatchObject({
      value: 'Bonjour Ada',
      attributes: { type: 'text', tags: ['generated'], visible: true, readonly: false },
    });
    expect((await here.usage())[0]).toMatchObject({
      endpoint: '/api/transform',
      model: 'gpt-4o-mini',
      input_tokens: 11,
      output_tokens: 7,
    });
  });
});

describe.each(requests)('what %s keeps', (path, body) => {
  it('has attributes of its own, whatever stood there before', async () => {
    const mine = {
      contentTags: ['mine'],
      zIndex: 7,
      visible: false,
      template: true,
      readonly: true,
      contentType: 'a/b',
    };
    await put('out', 'x', mine);
    openAi.next({ say: ['{{out}}'] });
    world.fireworks.next({ status: 'Ready', result: { sample: 'QUJD' } });
    expect((await post(path, { instanceId, ...body })).status).toBe(200);
    const { type, tags, contentType, ...others } = (await key('out'))?.attributes ?? {};
    expect(tags).toContain('generated');
    expect({ type, contentType }).toEqual(
      path === '/api/generate-image' ? { type: 'image', contentType: 'image/jpeg' } : { type: 'text' },
    );
    expect(others).toEqual({ visible: true, readonly: false, hardcoded: false, template: false, zIndex: 0 });
  });
});

describe('a transformation', () => {
  it('takes template and prompt from keys, which win over the text', async () => {
    await put('t', 'From {{$date}}');
    await put('p', 'Say it');
    await transform({ template: 'no', templateKey: 't', prompt: 'no', promptKey: 'p', model: 'gpt-5' });
    expect(sent()).toBe('Say it\n\nInput:\nFrom 2026-11-20');
    expect(openAi.asked[0]?.body.model).toBe('gpt-5');
  });

  it('is the template alone without a prompt', async () => {
    await transform({ template: 'Just this' });
    expect(sent()).toBe('Just this');
  });

  it.each([
    ['nothing', {}, 'Either template or templateKey required'],
    ['an empty template', { template: '' }, 'Either template or templateKey required'],
    ['no instance', { instanceId: undefined, template: 'x' }, 'instanceId and outputKey required'],
    ['no output', { outputKey: undefined, template: 'x' }, 'instanceId and outputKey required'],
    ['an empty output', { outputKey: '', template: 'x' }, 'instanceId and outputKey required'],
  ])('of %s is refused', async (_what, body, error) => {
    const { status, body: answer } = await transform(body);
    expect({ status, answer }).toEqual({ status: 400, answer: { error } });
  });

  it('of keys that are not there is refused', async () => {
    expect(await transform({ templateKey: 'none' })).toMatchObject({
      status: 404,
      body: { error: 'Template key "none" not found' },
    });
    expect(await transform({ template: 'x', promptKey: 'none' })).toMatchObject({
      status: 404,
      body: { error: 'Prompt key "none" not found' },
    });
    expect(openAi.asked).toEqual([]);
  });

  it('leaves what can be the name of no key as it is written', async () => {
    for (const template of ['{{}}', `{{${'x'.repeat(2_000)}}}`, '{{\ud800}}', '{{constructor}}']) {
      openAi.forget();
      expect((await transform({ template })).status).toBe(200);
      expect(sent()).toBe(template);
    }
    expect((await transform({ templateKey: 'ä'.repeat(512) })).status).toBe(404);
  });

  it('of more than 1 MiB is refused, be it written in the request or in a key', async () => {
    const template = 'ä'.repeat(512 * 1024 + 1);
    expect(await transform({ template })).toMatchObject({ status: 413 });
    await put('long template', template);
    expect(await transform({ templateKey: 'long template' })).toMatchObject({ status: 413 });
    expect(await transform({ template: '{{long template}}' })).toMatchObject({ status: 413 });
    expect(openAi.asked).toEqual([]);
    expect((await transform({ template: template.slice(1) })).status).toBe(200);
  });

  it('does not put the template of a key into itself', async () => {
    await put('ring', 'A({{ring 2}})', { template: true });
    await put('ring 2', 'B({{ring}})', { template: true });
    await transform({ templateKey: 'ring' });
    expect(sent()).toBe('A(B({{ring}}))');
  });

  it('that the provider refuses fails with its reason, and keeps nothing', async () => {
    openAi.next({ fail: { status: 400, body: '{"error":{"message":"No such model","type":"x","code":null}}' } });
    const { status, body } = await transform({ template: 'x', outputKey: 'failed' });
    expect({ status, body }).toEqual({ status: 500, body: { error: 'Transform failed', details: 'No such model' } });
    expect(await key('failed')).toBeUndefined();
  });

  it.each(['<html>', '{"foo":1}', ''])('that the provider answers with %s fails, and has used it', async (body) => {
    const before = (await world.usage()).length;
    openAi.next({ fail: { status: 200, body } });
    expect(await transform({ template: 'x' })).toMatchObject({ status: 500, body: { error: 'Transform failed' } });
    const [row, ...older] = await world.usage();
    expect(row).toMatchObject({ endpoint: '/api/transform', input_tokens: null, output_tokens: null });
    expect(older).toHaveLength(before);
  });

  it('that there was no time for has been used', async () => {
    const before = (await world.usage()).length;
    openAi.next({ wait: () => openAi.whenLeft() });
    const { status } = await world.http('POST', '/api/transform', {
      as: world.owner.sessionKey,
      body: { instanceId, outputKey: 'late', template: 'x' },
      remainingMs: 1_800,
    });
    expect(status).toBe(500);
    expect((await world.usage()).length).toBe(before + 1);
  });

  it.each(['$date', 'ä'.repeat(300)])(
    'into a key that there cannot be is refused before a model is asked: %s',
    async (outputKey) => {
      for (const [path, body] of requests) {
        expect(await post(path, { instanceId: 'nobody’s', ...body, outputKey })).toMatchObject({
          status: 400,
          body: { code: 'INVALID_KEY' },
        });
      }
      expect([...openAi.asked, ...world.fireworks.submitted]).toEqual([]);
    },
  );

  it('is refused where the instance is read-only, before a model is asked', async () => {
    await world.http('PATCH', `/api/instances/${instanceId}`, { as: world.owner.sessionKey, body: { is_readonly: 1 } });
    for (const [path, body] of requests) {
      expect(await post(path, { instanceId, ...body })).toMatchObject({
        status: 403,
        body: { code: 'INSTANCE_READONLY' },
      });
    }
    expect([...openAi.asked, ...world.fireworks.submitted]).toEqual([]);
    await world.http('PATCH', `/api/instances/${instanceId}`, { as: world.owner.sessionKey, body: { is_readonly: 0 } });
  });
});

describe('an analysis of an image', () => {
  const analyze = (body: object) =>
    post('/api/analyze-image', { instanceId, outputKey: 'seen', prompt: 'What is it?', ...body });
  const image = () => openAi.asked[0]?.body.input[0].content[1].image_url;

  it('keeps what the model says', async () => {
    openAi.next({ say: ['A cat'] });
    expect(await analyze({ imageUrl: 'https://example.com/cat.png' })).toMatchObject({
      status: 200,
      body: { success: true, outputKey: 'seen', analysis: 'A cat' },
    });
    expect(openAi.asked[0]?.body).toMatchObject({ model: 'gpt-4o' });
    expect(image()).toBe('https://example.com/cat.png');
    expect(await key('seen')).toMatchObject({
      value: 'A cat',
      attributes: { type: 'text', tags: ['generated', 'vision-analysis'] },
    });
    expect((await world.usage())[0]).toMatchObject({ endpoint: '/api/analyze-image', model: 'gpt-4o' });
  });

  it('passes the URL on and never fetches it', async () => {
    expect((await analyze({ imageUrl: 'http://169.254.169.254/secret' })).status).toBe(200);
    expect(image()).toBe('http://169.254.169.254/secret');
  });

  it.each<[string, object | undefined, string, string]>([
    [
      'base64 of a key, with its type',
      { type: 'image', contentType: 'image/png' },
      'QUJD',
      'data:image/png;base64,QUJD',
    ],
    [
      'base64 of a key, with its type, whatever its first bytes are',
      { type: 'image', contentType: 'image/webp' },
      '/9j/4AAQ',
      'data:image/webp;base64,/9j/4AAQ',
    ],
    ['base64 of a key without one', undefined, 'QUJD', 'data:image/jpeg;base64,QUJD'],
    ['a data URL of a key', { type: 'image' }, 'data:image/gif;base64,QUJD', 'data:image/gif;base64,QUJD'],
  ])('takes %s', async (_what, attributes, value, expected) => {
    await put('picture', value, attributes ?? { type: 'text', contentType: null });
    await analyze({ imageKey: 'picture' });
    expect(image()).toBe(expected);
  });

  it('takes base64 as it is sent', async () => {
    await analyze({ imageBase64: 'QUJD', imageUrl: undefined });
    expect(image()).toBe('data:image/jpeg;base64,QUJD');
    openAi.forget();
    await analyze({ imageBase64: 'iVBORw0K\nGgo=' });
    expect(image()).toBe('data:image/jpeg;base64,iVBORw0KGgo=');
  });

  it.each([
    ['no image', {}, 400, 'One of imageKey, imageUrl, or imageBase64 required'],
    ['no prompt', { imageUrl: 'https://x.example', prompt: undefined }, 400, 'Either prompt or promptKey required'],
    ['no output', { imageUrl: 'https://x.example', outputKey: undefined }, 400, 'instanceId and outputKey required'],
    ['a key that is not there', { imageKey: 'none' }, 404, 'Image key "none" not found'],
  ])('of %s is refused', async (_what, body, status, error) => {
    const answer = await analyze(body);
    expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { error } });
  });

  it.each([
    ['a text', { imageBase64: 'no image!' }],
    ['another scheme', { imageUrl: 'ftp://example.com/cat.png' }],
    ['no URL', { imageUrl: 'not a url' }],
    ['a URL without a host', { imageUrl: 'https://' }],
    ['a URL with a blank in its host', { imageUrl: 'https://exa mple/cat.png' }],
    ['a data URL that is not in base64', { imageUrl: 'data:image/png,notbase64' }],
    ['a data URL of a page', { imageUrl: 'data:text/html,hi' }],
    ['a data URL of a text', { imageBase64: 'data:text/plain;base64,QUJD' }],
    ['base64 that was cut', { imageBase64: 'QUJDR' }],
    ['a key of another type', { imageKey: 'a note' }],
    ['a key that holds something else', { imageKey: 'no picture' }],
  ])('of %s is refused', async (_what, body) => {
    await put('no picture', { a: 1 });
    await put('a note', 'QUJD', { type: 'file', contentType: 'text/plain' });
    const before = await world.usage();
    expect((await analyze(body)).status).toBe(400);
    expect(openAi.asked).toEqual([]);
    expect(await world.usage()).toEqual(before);
  });

  it('that fails says so', async () => {
    openAi.next({ fail: { status: 400, body: '{"error":{"message":"Not an image","type":"x","code":null}}' } });
    expect(await analyze({ imageBase64: 'QUJD' })).toMatchObject({
      status: 500,
      body: { error: 'Image analysis failed', details: 'Not an image' },
    });
  });
});
