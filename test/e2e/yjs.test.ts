import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { ChorusYjsProvider } from '../../client/yjs.ts';
import { eventually } from '../support/eventually.ts';
import { npmStart, type Running } from '../support/npm-start.ts';

/** A document that several people write, while handlers die, frames come twice and in any order. */

const people = 4;
let running: Running;
let everyone: ChorusYjsProvider[] = [];

beforeAll(async () => {
  running = await npmStart('--port=0', '--fresh', '--chaos=2026');
});

afterAll(async () => {
  for (const provider of everyone) provider.destroy();
  await running?.stop();
});

const open = () =>
  new ChorusYjsProvider(running.url, null, 'rough sea', 'default', new Y.Doc(), {
    answerTimeoutMs: 2_000,
    reconnect: { minDelayMs: 50, maxDelayMs: 500 },
  });
const textOf = ({ doc }: ChorusYjsProvider): string => doc.getText('text').toString();

describe('npm start --chaos', () => {
  it('ends with everybody having all that anybody wrote', async () => {
    everyone = Array.from({ length: people }, open);
    for (let round = 0; round < 40; round++) {
      for (const [index, { doc }] of everyone.entries()) {
        const text = doc.getText('text');
        text.insert(Math.floor(text.length / 2), String(index));
      }
      await delay(50);
    }
    await eventually(
      () => everyone.map(({ isSaved }) => isSaved),
      (all) => all.every(Boolean),
    );
    const texts = await eventually(
      () => everyone.map(textOf),
      (all) => new Set(all).size === 1 && all[0]?.length === people * 40,
    );
    const late = open();
    everyone.push(late);
    await eventually(
      () => textOf(late),
      (text) => text === texts[0],
    );
    expect([...(texts[0] ?? '')].sort().join('')).toBe(
      '0'.repeat(40) + '1'.repeat(40) + '2'.repeat(40) + '3'.repeat(40),
    );
  });
});
