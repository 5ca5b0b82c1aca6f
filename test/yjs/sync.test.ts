import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { branchWorld, newBranch } from '../support/branches.ts';
import { frameText, textOf, yjsPeers } from '../support/yjs.ts';

/** Documents of Yjs's own tools: whoever has a socket for a branch ends with what is in it. */
const world = await branchWorld();
const { connect, settled } = yjsPeers(world);

const insert = (peer: { doc: Y.Doc }, text: string) => peer.doc.getText('text').insert(0, text);
const bytesOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);

describe('two documents', () => {
  it('become one, whoever writes', async () => {
    const branch = newBranch();
    const [ann, bob] = [await connect(branch), await connect(branch)];
    insert(ann, 'world');
    await settled();
    insert(bob, 'hello ');
    await settled();
    expect([textOf(ann), textOf(bob)]).toEqual(['hello world', 'hello world']);
    expect([ann.isSynced, bob.isSynced]).toEqual([true, true]);
    expect(world.failures).toEqual([]);
  });

  it('become one when both write at once', async () => {
    const branch = newBranch();
    const peers = await Promise.all(Array.from({ length: 4 }, () => connect(branch)));
    for (const [n, peer] of peers.entries()) for (const letter of 'abcde') insert(peer, `${letter}${n}`);
    await settled();
    const texts = new Set(peers.map(textOf));
    expect(texts.size).toBe(1);
    expect([...texts][0]).toHaveLength(4 * 5 * 2);
  });

  it('become one when both have been edited before they ever met', async () => {
    const branch = newBranch();
    const docs = ['one ', 'two '].map((text) => {
      const doc = new Y.Doc();
      doc.getText('text').insert(0, text);
      return doc;
    });
    const peers = await Promise.all(docs.map((doc) => connect(branch, { doc })));
    await settled();
    expect(textOf(peers[0] ?? { doc: new Y.Doc() })).toHaveLength(8);
    expect(new Set(peers.map(textOf)).size).toBe(1);
  });
});

describe('at once', () => {
  it('those who come while others write get all of it', async () => {
    for (let round = 0; round < 4; round++) {
      const branch = newBranch();
      const ann = await connect(branch);
      const newcomers = [];
      for (let n = 0; n < 24; n++) {
        insert(ann, String.fromCharCode(97 + n));
        if (n % 6 === 0) newcomers.push(connect(branch));
      }
      const peers = await Promise.all(newcomers);
      await settled();
      for (const peer of peers) expect(textOf(peer)).toBe(textOf(ann));
      expect(textOf(ann)).toHaveLength(24);
    }
  });
});

describe('what we say first', () => {
  it('is what we know, once, whether the client waits for it or not', async () => {
    for (const waits of [true, undefined] as const) {
      const ann = await connect(newBranch(), waits ? { waits } : {});
      await settled();
      const first = ann.messages().filter(({ kind }) => kind === 'step1');
      expect(first).toEqual([{ kind: 'step1', stateVector: Y.encodeStateVector(new Y.Doc()) }]);
      expect(ann.messages()[0]?.kind).toBe('step1');
    }
  });

  it('comes before anything else, and once, to who says a lot at once', async () => {
    const branch = newBranch();
    insert(await connect(branch), 'before');
    await settled();
    for (let round = 0; round < 5; round++) {
      const bob = await connect(branch, { waits: true });
      const stateVector = Y.encodeStateVector(bob.doc);
      for (let n = 0; n < 4; n++) bob.say({ kind: 'step1', stateVector });
      await settled();
      expect(bob.messages().map(({ kind }) => kind)).toEqual(['step1', 'step2', 'step2', 'step2', 'step2']);
      expect(textOf(bob)).toBe('before');
    }
  });
});

describe('who comes back', () => {
  it('is told the difference only, and tells the difference only', async () => {
    const branch = newBranch();
    const ann = await connect(branch);
    insert(ann, 'x'.repeat(50_000));
    await settled();
    const bob = await connect(branch);
    expect(bytesOf(bob.client.texts)).toBeGreaterThan(50_000);
    bob.client.close();
    insert(ann, 'news ');
    await settled();
    bob.doc.getText('text').insert(bob.doc.getText('text').length, ' from bob');
    const again = await connect(branch, { doc: bob.doc });
    expect(bytesOf(again.client.texts)).toBeLessThan(300);
    await settled();
    expect(textOf(ann)).toBe(`news ${'x'.repeat(50_000)} from bob`);
    expect(textOf(again)).toBe(textOf(ann));
  });

  it('with nothing new has nothing stored, deletions told again included', async () => {
    const branch = newBranch();
    const ann = await connect(branch);
    insert(ann, 'to be or not to be');
    ann.doc.getText('text').delete(0, 6);
    await settled();
    const kept = async () => {
      const watcher = await world.anonymous();
      watcher.say({ type: 'repo/get_updates', ...branch });
      await world.settled();
      return watcher.updates().length;
    };
    const before = await kept();
    ann.client.close();
    for (let n = 0; n < 3; n++) (await connect(branch, { doc: ann.doc })).client.close();
    await settled();
    expect(await kept()).toBe(before);
  });

  it('has what it did meanwhile acknowledged once it is kept', async () => {
    const branch = newBranch();
    const ann = await connect(branch);
    insert(ann, 'kept');
    await settled();
    const update = Y.encodeStateAsUpdate(ann.doc);
    ann.say({ kind: 'step2', update }, 'mine');
    ann.say({ kind: 'update', update }, 7);
    ann.say({ kind: 'update', update: new Uint8Array([0, 0]) }, 8);
    await settled();
    expect(
      ann
        .frames('saved')
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual([7, 8, 'mine']);
  });
});

describe('a document of a megabyte', () => {
  it('comes in frames that a gateway posts, the last of them the answer', async () => {
    const branch = newBranch();
    const ann = await connect(branch);
    for (let n = 0; n < 20; n++) insert(ann, 'ä'.repeat(25_000));
    ann.doc.getText('text').delete(0, 10);
    await settled();
    const bob = await connect(branch);
    expect(textOf(bob) === textOf(ann)).toBe(true);
    const sizes = bob.client.texts.map((text) => Buffer.byteLength(text));
    expect(Math.max(...sizes)).toBeLessThan(128 * 1024);
    expect(sizes.length).toBeGreaterThan(8);
    const kinds = bob.messages().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'step2')).toHaveLength(1);
    expect(kinds.at(-1)).toBe('step2');
    expect(bob.doc.store.pendingStructs).toBeNull();
  });

  it('says where it is, in one value that no frame has room for', async () => {
    const branch = newBranch();
    const ann = await connect(branch, { waits: true });
    await settled();
    ann.doc.getMap('map').set('picture', new Uint8Array(400_000).fill(7));
    await settled();
    const bob = await connect(branch, { waits: true });
    bob.say({ kind: 'step1', stateVector: new Uint8Array([0]) });
    await world.settled();
    const { url } = bob.frames('yjs').at(-1) ?? {};
    const kept = world.blobs.texts.get(world.blobs.nameIn(url) ?? '') ?? '';
    expect(JSON.parse(kept).data.length).toBeGreaterThan(400_000);
  });
});

describe('what makes no sense', () => {
  it.each([
    ['no JSON', '{'],
    ['a list', '[1,2,{}]'],
    ['another type', '{"type":"dance","data":"AAA="}'],
    ['no data', '{"type":"yjs"}'],
    ['data that is no text', '{"type":"yjs","data":{}}'],
    ['data that is no base64', '{"type":"yjs","data":"!?"}'],
    ['nothing', '{"type":"yjs","data":""}'],
    ['a kind that nobody knows', '{"type":"yjs","data":"CQ=="}'],
    ['a sync message of a kind that nobody knows', '{"type":"yjs","data":"AAk="}'],
    ['an update that ends too early', '{"type":"yjs","data":"AAL/AQ=="}'],
    ['an update that is none', frameText({ kind: 'update', update: new TextEncoder().encode('not an update') })],
    ['a state vector that is none', frameText({ kind: 'step1', stateVector: new Uint8Array([200, 1, 1]) })],
    ['awareness that is no JSON', frameText({ kind: 'awareness', states: new Uint8Array([1, 1, 1, 1, 123]) })],
  ])('is ignored: %s', async (_, text) => {
    const branch = newBranch();
    const ann = await connect(branch);
    const before = ann.client.texts.length;
    world.dispatch(ann.client, text);
    await settled();
    expect(ann.client.texts.length).toBe(before);
    insert(ann, 'still here');
    await settled();
    expect(textOf(await connect(branch))).toBe('still here');
  });

  it('is refused where somebody waits for an answer', async () => {
    const ann = await connect(newBranch());
    ann.say({ kind: 'update', update: new Uint8Array([9]) }, 'x');
    await settled();
    expect(ann.frames('error')).toEqual([
      { type: 'error', code: 'malformed_message', message: expect.any(String), id: 'x' },
    ]);
  });
});
