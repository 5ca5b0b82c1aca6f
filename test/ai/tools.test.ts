import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { aiWorld, eventsIn } from '../support/ai-world.ts';

const world = await aiWorld();
const { openAi, instanceId, put, key, post } = world;

afterEach(() => openAi.forget());
afterAll(() => world.stop());

describe('a list of keys', () => {
  it('ends where it would leave no room for the conversation, and says how many there are besides', async () => {
    const tags = Array.from({ length: 50 }, (_, n) => `${n}`.padEnd(100, '-'));
    const names = Array.from({ length: 55 }, (_, n) => `many ${n}`);
    for (const name of names) await put(name, 'x', { tags: [...tags.slice(1), 'many'] });
    const { keys, more } = await called('list_keys', { tag: 'many' });
    expect(keys.length).toBeGreaterThan(40);
    expect(keys.length).toBeLessThan(55);
    expect(more).toBe(`${55 - keys.length} more: ask for those with a tag.`);
    for (const name of names) await put(name, 'x', { tags: [] });
  });
});

const hello = [{ role: 'user', content: 'Do it' }];

/** What a tool answers to the model, which calls it once. */
async function called(name: string, input: object, mode?: 'edit' | 'use') {
  openAi.next({ call: [{ name, input }] }, { say: ['Done'] });
  const { text } = await post('/api/chat', { instanceId, messages: hello, ...(mode ? { mode } : {}) });
  return eventsIn(text).find(({ type }) => type === 'tool-output-available')?.output;
}

describe('the tools', () => {
  it('read keys as they are when they are called', async () => {
    await put('count', 1, { type: 'json', tags: ['a'] });
    openAi.next(
      { call: [{ name: 'read_key', input: { key: 'count' } }], wait: () => put('count', 2) },
      { say: ['Done'] },
    );
    const { text } = await post('/api/chat', { instanceId, messages: hello });
    const answered = eventsIn(text).find(({ type }) => type === 'tool-output-available');
    expect(answered?.output).toEqual({ key: 'count', value: 2, type: 'json', tags: ['a'], readonly: false });
  });

  it('say that a key is not there', async () => {
    expect(await called('read_key', { key: 'none' })).toEqual({ error: 'Key "none" not found' });
    expect(await called('delete_key', { key: 'none' })).toEqual({ error: 'Key "none" not found' });
  });

  it.each(['', 'x'.repeat(2_000)])('take a name that no key can have for one that is not there: %#', async (name) => {
    expect(await called('read_key', { key: name })).toEqual({ error: `Key "${name}" not found` });
    expect(await called('delete_key', { key: name })).toEqual({ error: `Key "${name}" not found` });
    expect(await called('write_key', { key: name, value: 1 })).toEqual({
      error: expect.stringContaining('1 to 512 bytes'),
    });
  });

  it('called several at a time are done in their order', async () => {
    openAi.next(
      {
        call: [
          { name: 'write_key', input: { key: 'step', value: 1 } },
          { name: 'write_key', input: { key: 'step', value: 2 } },
          { name: 'read_key', input: { key: 'step' } },
          { name: 'delete_key', input: { key: 'step' } },
          { name: 'read_key', input: { key: 'step' } },
        ],
      },
      { say: ['Done'] },
    );
    const { text } = await post('/api/chat', { instanceId, messages: hello });
    const outputs = eventsIn(text).filter(({ type }) => type === 'tool-output-available');
    expect(outputs.map(({ output: { value, success, error } }) => value ?? success ?? error)).toEqual([
      1,
      2,
      2,
      true,
      'Key "step" not found',
    ]);
  });

  it('do not fill a conversation with pictures, but say where one is', async () => {
    await put('link', 'https://example.com/face.png', { type: 'image' });
    expect(await called('read_key', { key: 'link' })).toMatchObject({ value: 'https://example.com/face.png' });
    await put('face', 'QUJD'.repeat(1_000), { type: 'image', contentType: 'image/png' });
    expect(await called('read_key', { key: 'face' })).toMatchObject({ value: '[image of 4002 bytes]', type: 'image' });
  });

  it('write a new key as a visible text, and keep what an existing one has', async () => {
    expect(await called('write_key', { key: 'new', value: 'v' })).toEqual({ success: true, key: 'new', value: 'v' });
    expect(await key('new')).toMatchObject({ value: 'v', attributes: { type: 'text', visible: true, tags: [] } });
    await put('old', 'v', { type: 'markdown', tags: ['x'], contentTags: ['x'], zIndex: 3, own: true });
    await called('write_key', { key: 'old', value: 'w' });
    expect(await key('old')).toMatchObject({
      value: 'w',
      attributes: { type: 'markdown', tags: ['x'], zIndex: 3, own: true },
    });
    await called('write_key', { key: 'old', value: 'w', type: 'text', tags: ['y'] });
    expect(await key('old')).toMatchObject({
      attributes: { type: 'text', tags: ['y'], contentTags: ['y'], zIndex: 3 },
    });
  });

  it('write on behalf of who asks', async () => {
    await called('write_key', { key: 'mine', value: 1 });
    const { body } = await world.http('GET', `/api/instances/${instanceId}/keys/mine`, { as: world.owner.sessionKey });
    expect(body.version).toBeGreaterThan(0);
  });

  it('delete keys', async () => {
    await put('gone', 'v');
    expect(await called('delete_key', { key: 'gone' })).toEqual({ success: true, key: 'gone' });
    expect(await key('gone')).toBeUndefined();
  });

  it('list keys, all or those with a tag', async () => {
    await put('tagged', 'v', { tags: ['only this'] });
    expect(await called('list_keys', { tag: 'only this' })).toEqual({
      keys: [{ key: 'tagged', type: 'text', tags: ['only this'], readonly: false }],
    });
    expect((await called('list_keys', {})).keys.length).toBeGreaterThan(3);
  });

  it('refuse a value that is nested deeper than a caller’s may be', async () => {
    const nested = (levels: number) => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const tooDeep = { error: 'Values may be nested 100 deep, and this one is nested deeper.' };
    expect(await called('write_key', { key: 'deep', value: nested(101) })).toEqual(tooDeep);
    expect(await key('deep')).toBeUndefined();
    expect(await called('write_key', { key: 'deep', value: nested(100) })).toMatchObject({ success: true });
    await called('delete_key', { key: 'deep' });
  });

  it('tell the model what the instance refuses', async () => {
    expect(await called('write_key', { key: '$date', value: 'x' })).toEqual({
      error: expect.stringContaining('reserved'),
    });
    await world.http('PATCH', `/api/instances/${instanceId}`, { as: world.owner.sessionKey, body: { is_readonly: 1 } });
    expect(await called('write_key', { key: 'a', value: 'x' })).toEqual({
      error: expect.stringMatching(/read-?only/i),
    });
    await world.http('PATCH', `/api/instances/${instanceId}`, { as: world.owner.sessionKey, body: { is_readonly: 0 } });
  });
});

describe('in use mode', () => {
  const isReadonly = (name: string) => ({ error: `Key "${name}" is readonly` });
  const isPrompt = (name: string, what: string) => ({
    error: `Key "${name}" is a system prompt key and cannot be ${what} in use mode`,
  });

  it.each<[string, object]>([
    ['readonly', { readonly: true }],
    ['hardcoded', { hardcoded: true }],
    ['protected', { systemTags: ['protected'] }],
    ['of older clients', { systemTags: ['readonly', 'LLMWrite'] }],
    ['without LLMWrite', { systemTags: ['LLMRead'] }],
    ['tagged with nothing', { systemTags: [] }],
  ])('a key that is %s stays as it is', async (name, attributes) => {
    await put(name, 'before', attributes);
    expect(await called('write_key', { key: name, value: 'after' })).toEqual(isReadonly(name));
    expect(await called('delete_key', { key: name }, 'use')).toEqual(isReadonly(name));
    expect(await key(name)).toMatchObject({ value: 'before' });
    expect((await called('read_key', { key: name })).readonly).toBe(true);
    expect(await called('write_key', { key: name, value: 'after' }, 'edit')).toMatchObject({ success: true });
    expect(await called('delete_key', { key: name }, 'edit')).toMatchObject({ success: true });
  });

  it.each<[string, object]>([
    ['tags', { tags: ['SystemPrompt'] }],
    ['contentTags', { contentTags: ['SystemPrompt'] }],
    ['systemTags', { systemTags: ['SystemPrompt'] }],
  ])('a system prompt by %s stays as it is', async (name, attributes) => {
    await put(name, 'before', attributes);
    expect(await called('write_key', { key: name, value: 'after' })).toEqual(isPrompt(name, 'modified'));
    expect(await called('delete_key', { key: name })).toEqual(isPrompt(name, 'deleted'));
    expect(await key(name)).toMatchObject({ value: 'before' });
    expect(await called('write_key', { key: name, value: 'after' }, 'edit')).toMatchObject({ success: true });
  });

  it('a key of which somebody has said that it is not read-only is written, whatever its tags', async () => {
    await put('said', 'before', { systemTags: ['LLMRead'], readonly: false });
    expect(await called('write_key', { key: 'said', value: 'after' })).toMatchObject({ success: true });
  });

  it('a system prompt that says it may be written is written', async () => {
    await put('both', 'before', { systemTags: ['SystemPrompt', 'LLMWrite'] });
    expect(await called('write_key', { key: 'both', value: 'after' })).toMatchObject({ success: true });
  });
});

describe('a caller whose right is taken away while the model works', () => {
  it('by an API key that is deleted, reads and writes nothing any more', async () => {
    const as = world.owner.sessionKey;
    const asked = { name: 'short-lived', scopeType: 'instance', scopeId: instanceId, permissions: ['write'] };
    const { body: shown } = await world.http('POST', '/api/keys', { as, body: asked });
    openAi.next(
      {
        call: [{ name: 'write_key', input: { key: 'after', value: 1 } }],
        wait: () => world.http('DELETE', `/api/keys/${shown.id}`, { as }),
      },
      { call: [{ name: 'list_keys', input: {} }] },
    );
    const { text } = await post('/api/chat', { instanceId, messages: hello }, shown.key);
    const outputs = eventsIn(text).filter(({ type }) => type === 'tool-output-available');
    expect(outputs.map(({ output }) => output)).toEqual([{ error: 'Invalid API key' }, { error: 'Invalid API key' }]);
    expect(await key('after')).toBeUndefined();
  });

  it('writes nothing any more', async () => {
    const friend = await world.signIn('friend@example.com');
    const path = `/api/instances/${instanceId}/shares`;
    const as = world.owner.sessionKey;
    const shared = { targetType: 'user', targetId: friend.userId, permission: 'write' };
    const { body: share } = await world.http('POST', path, { as, body: shared });
    openAi.next(
      {
        call: [{ name: 'write_key', input: { key: 'late', value: 1 } }],
        wait: () => world.http('DELETE', `/api/shares/${share.id}`, { as }),
      },
      { say: ['Done'] },
    );
    const { text } = await post('/api/chat', { instanceId, messages: hello }, friend);
    expect(eventsIn(text)).toContainEqual(
      expect.objectContaining({ type: 'tool-output-available', output: { error: 'Instance not found' } }),
    );
    expect(await key('late')).toBeUndefined();
  });
});
