import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { ChorusYjsProvider } from '../../client/yjs.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { eventually } from '../support/eventually.ts';
import { newDataDir, npmStart, type Running } from '../support/npm-start.ts';
import { editOnce, stateOf } from '../support/random-documents.ts';
import { type StockClient, stockClient } from '../support/stock-client.ts';

/** Twenty people in one document, in two dialects, while handlers die and the whole process is killed, again and again. */

const people = { stock: 14, yjs: 6 };
const kills = 2;
const branch = { recordName: null, inst: 'a sea/of edits #1', branch: 'default' };
let running: Running | undefined;
const stock: StockClient[] = [];
const providers: ChorusYjsProvider[] = [];

afterAll(async () => {
  for (const client of stock) client.close();
  for (const provider of providers) provider.destroy();
  await running?.kill();
});

describe('npm start --chaos, killed with kill -9 while twenty people edit', () => {
  it('loses nothing that was acknowledged, and everybody ends with the same document', async () => {
    const any = arbitrary(20);
    const data = `--data=${newDataDir()}`;
    running = await npmStart('--port=0', data, '--chaos=20');
    const { url } = running;
    const port = `--port=${new URL(url).port}`;
    const socketUrl = `${url.replace('http', 'ws')}/websocket`;
    for (let n = 0; n < people.stock; n++) stock.push(stockClient(socketUrl, branch, `stock ${n}`));
    for (let n = 0; n < people.yjs; n++) providers.push(provider(url));

    for (let kill = 0; kill <= kills; kill++) {
      for (let edit = 0; edit < 60; edit++) {
        editOnce(any, any.oneOf([...stock, ...providers]).doc);
        if (any.integer(20) === 0) any.oneOf(stock).comeBack();
        await delay(15);
      }
      if (kill === kills) break;
      await running.kill();
      running = await npmStart(port, data, `--chaos=${kill}`);
    }

    const isAllSaved = () => stock.every((one) => one.isSaved()) && providers.every(({ isSaved }) => isSaved);
    await eventually(isAllSaved, Boolean);
    // A frame that was lost with its handler is made up for when its watcher comes back.
    for (const client of stock) client.comeBack();
    const late = provider(url);
    providers.push(late);
    const docs = [...stock, ...providers].map(({ doc }) => doc);
    await eventually(
      () => docs.map(stateOf),
      (states) => states.every((state) => isDeepStrictEqual(state, states[0])) && late.isSynced,
    );
    expect(JSON.stringify(stateOf(late.doc)).length).toBeGreaterThan(100);
    const before = Y.encodeStateAsUpdate(late.doc);
    for (const update of stock.flatMap(({ acknowledged }) => acknowledged)) {
      Y.applyUpdate(late.doc, Buffer.from(update, 'base64'));
    }
    expect(Y.encodeStateAsUpdate(late.doc)).toEqual(before);
  });
});

const provider = (url: string) =>
  new ChorusYjsProvider(url, branch.recordName, branch.inst, branch.branch, new Y.Doc(), {
    answerTimeoutMs: 2_000,
    reconnect: { minDelayMs: 50, maxDelayMs: 400 },
  });
