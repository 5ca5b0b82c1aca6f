import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { ChorusYjsProvider } from '../../client/yjs.ts';
import type { YjsEvents, YjsOptions } from '../../client/yjs-types.ts';
import { socketUrl } from '../../client/yjs-url.ts';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { eventually } from '../support/eventually.ts';
import { openWire, type Wire } from '../support/wire.ts';

/** The provider at a running Chorus, whose network breaks. */
let running: RunningChorus;
let wire: Wire;
let sessionKey: string;
const providers: ChorusYjsProvider[] = [];
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true });
  wire = await openWire(running.url);
  const address = 'owner@example.com';
  const { userId, requestId } = await post('/api/v2/login', { address, addressType: 'email' });
  const outbox = await fetch(`${running.url}/local/outbox?address=${address}`);
  const [{ code }] = (await outbox.json()) as [{ code: string }]; // the outbox's documented answer
  sessionKey = (await post('/api/v2/completeLogin', { userId, requestId, code })).sessionKey;
});
afterEach(() => {
  for (const provider of providers.splice(0)) provider.destroy();
  wire.mend();
});
afterAll(async () => {
  await wire?.close();
  await running?.stop();
});

async function post(path: string, body: object) {
  const headers = sessionKey === undefined ? {} : { authorization: `Bearer ${sessionKey}` };
  const answer = await fetch(running.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  return JSON.parse(await answer.text());
}

let count = 0;
const newInst = () => `inst ${++count}`;

interface Opening extends YjsOptions {
  readonly record?: string | null;
  readonly doc?: Y.Doc;
}

/** Comes back at once. */
function open(inst: string, { record = null, doc = new Y.Doc(), ...options }: Opening = {}): ChorusYjsProvider {
  const reconnect = { minDelayMs: 20, maxDelayMs: 50 };
  const provider = new ChorusYjsProvider(wire.url, record, inst, 'default', doc, { reconnect, ...options });
  providers.push(provider);
  return provider;
}

const textOf = ({ doc }: ChorusYjsProvider): string => doc.getText('text').toString();
const insert = ({ doc }: ChorusYjsProvider, text: string) => doc.getText('text').insert(0, text);
const synced = (provider: ChorusYjsProvider) => eventually(() => provider.isSynced, Boolean);
const saved = (provider: ChorusYjsProvider) => eventually(() => provider.isSaved, Boolean);
const reads = (provider: ChorusYjsProvider, text: string) =>
  eventually(
    () => textOf(provider),
    (found) => found === text,
  );

function collect<Name extends keyof YjsEvents>(provider: ChorusYjsProvider, name: Name): YjsEvents[Name][] {
  const events: YjsEvents[Name][] = [];
  provider.on(name, (event) => void events.push(event));
  return events;
}

/** A WebSocket that remembers what went through it. */
function rememberingSocket() {
  const sent: string[] = [];
  const received: string[] = [];
  class Remembering extends WebSocket {
    constructor(url: string) {
      super(url);
      this.addEventListener('message', ({ data }) => received.push(String(data)));
    }
    override send(text: string): void {
      sent.push(text);
      super.send(text);
    }
  }
  return { sent, received, WebSocket: Remembering };
}

describe('two documents with a provider each', () => {
  it('become one, and each knows when that is safe', async () => {
    const inst = newInst();
    const [ann, bob] = [open(inst), open(inst)];
    const [isSynced, isSaved] = [collect(ann, 'synced'), collect(ann, 'saved')];
    insert(ann, 'hello');
    await reads(bob, 'hello');
    insert(bob, 'oh ');
    await reads(ann, 'oh hello');
    await Promise.all([saved(ann), saved(bob), synced(ann)]);
    expect([isSynced, isSaved.at(-1), ann.status]).toEqual([[true], true, 'open']);
    await reads(open(inst), 'oh hello');
  });

  it('see each other, and no longer those who left', async () => {
    const inst = newInst();
    const [ann, bob] = [open(inst), open(inst)];
    const namesFor = (one: ChorusYjsProvider) => [...one.awareness.getStates().values()].map(({ name }) => name).sort();
    const sees = (one: ChorusYjsProvider, names: string[]) =>
      eventually(
        () => namesFor(one),
        (found) => JSON.stringify(found) === JSON.stringify(names),
      );
    ann.awareness.setLocalState({ name: 'Ann' });
    bob.awareness.setLocalState({ name: 'Bob' });
    await Promise.all([sees(ann, ['Ann', 'Bob']), sees(bob, ['Ann', 'Bob'])]);
    wire.cut();
    await sees(ann, ['Ann']);
    wire.mend();
    await Promise.all([sees(ann, ['Ann', 'Bob']), sees(bob, ['Ann', 'Bob'])]);
    bob.destroy();
    await sees(ann, ['Ann']);
  });

  it('typed in by somebody fast, cost fewer frames than keystrokes', async () => {
    const inst = newInst();
    const { sent, WebSocket: Remembering } = rememberingSocket();
    const ann = open(inst, { WebSocket: Remembering });
    await saved(ann);
    for (let n = 0; n < 300; n++) insert(ann, 'x');
    await saved(ann);
    expect(sent.length).toBeLessThan(20);
    await reads(open(inst), 'x'.repeat(300));
  });
});

describe('a network that breaks', () => {
  it('loses nothing of what either side wrote meanwhile, and says only that', async () => {
    const inst = newInst();
    const { received, WebSocket: Remembering } = rememberingSocket();
    const [ann, bob] = [open(inst, { WebSocket: Remembering }), open(inst)];
    insert(ann, 'x'.repeat(20_000));
    await reads(bob, 'x'.repeat(20_000));
    await saved(ann);
    bob.disconnect();
    const statuses = collect(ann, 'status');
    for (let round = 0; round < 3; round++) {
      wire.cut();
      await eventually(
        () => ann.status,
        (status) => status === 'reconnecting',
      );
      insert(ann, `a${round} `);
      expect(ann.isSaved).toBe(false);
      insert(bob, `b${round} `);
      received.length = 0;
      wire.mend();
      await saved(ann);
    }
    expect(received.join('').length).toBeLessThan(1_000);
    bob.connect();
    await Promise.all([saved(bob), synced(bob)]);
    await eventually(
      () => [textOf(ann), textOf(bob)],
      ([a, b]) => a === b && a?.length === 20_000 + 6 * 3,
    );
    expect(statuses.slice(0, 2)).toEqual(['reconnecting', 'open']);
  });

  it('is noticed by somebody who waits for an answer, and by somebody who only listens', async () => {
    const inst = newInst();
    for (const quietMs of [60_000, 100]) {
      const dead = open(inst, { answerTimeoutMs: 300, quietMs, WebSocket: deafAfter(2) });
      const statuses = collect(dead, 'status');
      if (quietMs === 60_000) insert(dead, '?');
      await eventually(
        () => statuses,
        (all) => all.includes('reconnecting'),
      );
      dead.destroy();
    }
  });
});

describe('what is large', () => {
  it('goes in frames that API Gateway takes, and comes back whole', async () => {
    const inst = newInst();
    const { sent, received, WebSocket: Remembering } = rememberingSocket();
    const ann = open(inst, { WebSocket: Remembering });
    const text = 'größer '.repeat(120_000);
    insert(ann, text);
    await saved(ann);
    const bob = open(inst, { WebSocket: Remembering });
    await synced(bob);
    expect(textOf(bob) === text).toBe(true);
    expect(Math.max(...sent.map((one) => Buffer.byteLength(one)))).toBeLessThan(32 * 1024);
    expect(Math.max(...received.map((one) => Buffer.byteLength(one)))).toBeLessThan(128 * 1024);
  });

  it('and cannot be cut goes through the object store, both ways', async () => {
    const inst = newInst();
    const [ann, bob] = [open(inst), open(inst)];
    await synced(bob);
    const picture = new Uint8Array(300_000).map((_, n) => n);
    ann.doc.getMap('map').set('picture', picture);
    ann.doc.getMap('map').set('caption', 'a lot of bytes');
    await saved(ann);
    const has = (one: ChorusYjsProvider) =>
      eventually(
        () => one.doc.getMap('map'),
        (map) => map.get('caption') !== undefined && (map.get('picture') as Uint8Array | undefined)?.length === 300_000,
      );
    await Promise.all([has(bob), has(open(inst))]);
    expect(bob.doc.getMap('map').get('picture')).toEqual(picture);
  });
});

describe('who may not', () => {
  it('read is told so, and does not come again', async () => {
    const recordName = 'yjs private';
    expect(await post('/api/v3/callProcedure', { procedure: 'createRecord', input: { recordName } })).toEqual({
      success: true,
    });
    const mine = open('notes', { record: recordName, token: sessionKey });
    insert(mine, 'mine');
    await saved(mine);
    const nobody = open('notes', { record: recordName });
    const errors = collect(nobody, 'error');
    await eventually(
      () => nobody.status,
      (status) => status === 'closed',
    );
    expect(errors).toEqual([{ code: 'not_logged_in', message: expect.any(String) }]);
    expect([textOf(nobody), nobody.isSynced]).toEqual(['', false]);
  });

  it('yet comes with a new token each time, is let in once that holds', async () => {
    let isSignedIn = false;
    const token = async () => (isSignedIn ? sessionKey : '');
    const mine = open('notes', { record: 'yjs private', token });
    const errors = collect(mine, 'error');
    await eventually(
      () => errors.length,
      (length) => length > 0,
    );
    isSignedIn = true;
    await synced(mine);
    expect(mine.status).toBe('open');
  });
});

describe('a provider', () => {
  it('may be disconnected and connected again, and is silent once it is destroyed', async () => {
    const inst = newInst();
    const ann = open(inst, { connect: false });
    expect(ann.status).toBe('closed');
    insert(ann, 'one');
    ann.connect();
    await saved(ann);
    ann.disconnect();
    insert(ann, 'two ');
    expect(ann.isSaved).toBe(false);
    ann.connect();
    await saved(ann);
    ann.doc.destroy();
    expect(ann.status).toBe('closed');
    await reads(open(inst), 'two one');
  });

  it.each([
    ['http://localhost:4000', null, 'a', 'b', 'ws://localhost:4000/yjs/-/a/b'],
    ['wss://example.com/', 'rec/ord', 'a b', '🎈', 'wss://example.com/yjs/rec%2Ford/a%20b/%F0%9F%8E%88'],
    ['wss://example.com', '-', 'a', 'b', 'wss://example.com/yjs/%2D/a/b'],
    [
      'wss://x1.execute-api.eu-central-1.amazonaws.com/live',
      null,
      'a b',
      'c',
      'wss://x1.execute-api.eu-central-1.amazonaws.com/live?path=%2Fyjs%2F-%2Fa%2520b%2Fc',
    ],
  ])('finds the branch at %s', (url, record, inst, branch, found) => {
    expect(socketUrl(url, record, inst, branch)).toBe(found);
  });
});

/** A socket whose connection dies without a word after so many frames. */
function deafAfter(frames: number) {
  return class extends WebSocket {
    constructor(url: string) {
      super(url);
      let heard = 0;
      const on = this.addEventListener.bind(this);
      // biome-ignore lint/suspicious/noExplicitAny: as the class has it
      this.addEventListener = (type: any, listener: any, options?: any) =>
        on(
          type,
          (event: Event) => {
            if (type === 'message' && ++heard > frames) return;
            listener(event);
          },
          options,
        );
    }
  };
}
