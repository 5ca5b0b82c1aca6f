import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { ChorusYjsProvider } from '../../client/yjs.ts';
import { YjsTextSocket } from '../../client/yjs-text-socket.ts';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { eventually } from '../support/eventually.ts';
import { openWire, type Wire } from '../support/wire.ts';

/** The provider that most of Yjs's tools come with, at a running Chorus. */
let running: RunningChorus;
let wire: Wire;
const closing: (() => void)[] = [];
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true });
  wire = await openWire(running.url);
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  wire.mend();
});
afterAll(async () => {
  await wire?.close();
  await running?.stop();
});

function stock(inst: string, record = '-'): WebsocketProvider {
  const url = `${wire.url.replace('http', 'ws')}/yjs/${record}/${inst}`;
  const provider = new WebsocketProvider(url, 'default', new Y.Doc(), {
    WebSocketPolyfill: YjsTextSocket,
    disableBc: true,
    maxBackoffTime: 200,
  });
  closing.push(() => {
    provider.destroy();
    provider.doc.destroy(); // and with it the clock of its awareness
  });
  return provider;
}

function ours(inst: string): ChorusYjsProvider {
  const provider = new ChorusYjsProvider(wire.url, null, inst, 'default', new Y.Doc());
  closing.push(provider.destroy);
  return provider;
}

const textOf = ({ doc }: { doc: Y.Doc }) => doc.getText('text').toString();
const insert = ({ doc }: { doc: Y.Doc }, text: string) => doc.getText('text').insert(0, text);
const reads = (provider: { doc: Y.Doc }, text: string) =>
  eventually(
    () => textOf(provider),
    (found) => found === text,
  );
const seenBy = ({ awareness }: Pick<ChorusYjsProvider, 'awareness'>) =>
  [...awareness.getStates().values()].flatMap(({ name }) => name ?? []).sort();

describe('y-websocket', () => {
  it('shares a document and awareness with itself and with ours', async () => {
    const [ann, bob, carol] = [stock('one'), stock('one'), ours('one')];
    insert(ann, 'hello');
    await Promise.all([reads(bob, 'hello'), reads(carol, 'hello')]);
    insert(carol, 'oh ');
    await Promise.all([reads(ann, 'oh hello'), reads(bob, 'oh hello')]);
    ann.awareness.setLocalState({ name: 'Ann' });
    carol.awareness.setLocalState({ name: 'Carol' });
    const see = (names: string[]) =>
      eventually(
        () => [ann, bob, carol].map((one) => seenBy(one).join()),
        (all) => all.every((some) => some === names.join()),
      );
    await see(['Ann', 'Carol']);
    ann.awareness.setLocalState(null);
    await see(['Carol']);
    expect(ann.synced).toBe(true);
  });

  it('hears of itself, since it gives up a server that says nothing', async () => {
    const ann = stock('alone');
    await eventually(() => ann.synced, Boolean);
    const before = ann.wsLastMessageReceived;
    await eventually(
      () => {
        ann.awareness.setLocalState({ name: 'Ann' });
        return ann.wsLastMessageReceived;
      },
      (at) => at > before,
    );
  });

  it('loses nothing when the network breaks', async () => {
    const [ann, bob] = [stock('wire'), stock('wire')];
    insert(ann, 'before ');
    await reads(bob, 'before ');
    wire.cut();
    await eventually(
      () => [ann.wsconnected, bob.wsconnected],
      (all) => !all.includes(true),
    );
    insert(ann, 'meanwhile ');
    wire.mend();
    await reads(bob, 'meanwhile before ');
  });

  it('sends what is large in parts, and gets it back whole', async () => {
    const ann = stock('large');
    const text = 'größer '.repeat(60_000);
    insert(ann, text);
    ann.doc.getMap('map').set('picture', new Uint8Array(200_000));
    const carol = ours('large');
    await eventually(
      () => (carol.doc.getMap('map').get('picture') as Uint8Array | undefined)?.length,
      (length) => length === 200_000,
    );
    expect(textOf(carol) === text).toBe(true);
  });

  it('does not come again where it is refused', async () => {
    const mine = stock('private', 'no-such-record');
    const closed = new Promise<{ code: number; reason: string }>((resolve) => mine.on('closed', resolve));
    expect(await closed).toMatchObject({ code: 4403, reason: expect.any(String) });
  });
});
