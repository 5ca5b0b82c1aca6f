import { expect, it } from '@jest/globals';
import { systemPrompt } from '../../functions/ai/system-prompt.ts';
import { branded } from '../../functions/core/branded.ts';
import type { EpochMs, UserId } from '../../functions/core/names.ts';
import type { MemoryKey } from '../../functions/memory/memory-key.ts';

// Nobody can write such a value any more: there is no front door to this.
it('a value that was nested without end before there was a limit is a placeholder', async () => {
  const text = `${'['.repeat(8_000)}${']'.repeat(8_000)}`;
  const attributes = { tags: ['SystemPrompt'], type: 'json' };
  const written = { version: 1, updatedAt: branded<EpochMs>(1), updatedBy: branded<UserId>('somebody') };
  const deep: MemoryKey = { key: 'deep', kept: { text }, bytes: text.length, attributes, ...written };
  const listed = { outlines: [deep], keysOf: async () => [deep] };
  const prompt = await systemPrompt(listed, async () => JSON.parse(text));
  expect(prompt).toContain('## deep\n[json of 16000 bytes]');
});
