import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { branchWorld, newBranch } from '../support/branches.ts';
import { textOf, type YjsPeer, yjsPeers } from '../support/yjs.ts';

/** Handlers die between any two of their I/Os, and may be run twice. */
const world = await branchWorld();
const { connect, settled } = yjsPeers(world);
const everyIo = Array.from({ length: 16 }, (_, n) => n);

describe.each(everyIo)('killed before I/O %i', (ios) => {
  it('an update that was acknowledged is in what everybody gets', async () => {
    const branch = newBranch();
    const [ann, bob] = [await connect(branch), await connect(branch)];
    ann.doc.getText('text').insert(0, 'one ');
    await settled();
    const update = editOf(ann, 4, 'two');
    world.killNextAfter(ios);
    ann.say({ kind: 'update', update }, 1);
    await settled();
    world.killNextAfter(Number.POSITIVE_INFINITY);
    if (ann.frames('saved').length > 0) expect(textOf(await connect(branch))).toBe('one two');
    ann.say({ kind: 'update', update }, 2);
    await settled();
    expect(ann.frames('saved').at(-1)?.id).toBe(2);
    expect([textOf(bob), textOf(await connect(branch))]).toEqual(['one two', 'one two']);
  });

  it('a socket that is being opened gets everything, once it asks', async () => {
    const branch = newBranch();
    const ann = await connect(branch, { name: 'Ann' });
    ann.doc.getText('text').insert(0, 'before ');
    await settled();
    world.killNextAfter(ios);
    const bob = await connect(branch, { name: 'Bob' });
    world.killNextAfter(Number.POSITIVE_INFINITY);
    ann.doc.getText('text').insert(7, 'and after');
    bob.say({ kind: 'step1', stateVector: new Uint8Array([0]) });
    await settled();
    expect(bob.messages()[0]?.kind).toBe('step1');
    expect(textOf(bob)).toBe('before and after');
    ann.doc.getText('text').insert(0, '! ');
    await settled();
    expect(textOf(bob)).toBe('! before and after');
  });
});

describe('when everything is delivered twice', () => {
  it('sockets open and close, and documents are, as if it had been once', async () => {
    const branch = newBranch();
    const ann = await connect(branch, { name: 'Ann' });
    world.deliverTimes(2);
    const bob = await connect(branch, { name: 'Bob' });
    for (const letter of 'olleh') bob.doc.getText('text').insert(0, letter);
    await settled();
    expect([ann.others(), textOf(ann)]).toEqual([['Bob'], 'hello']);
    expect(bob.messages().filter(({ kind }) => kind === 'step1')).toHaveLength(1);
    bob.client.close();
    await settled();
    world.deliverTimes(1);
    expect(ann.others()).toEqual([]);
    expect(textOf(await connect(branch))).toBe('hello');
  });
});

/** An edit that its author has yet to hear of. */
function editOf({ doc }: YjsPeer, at: number, text: string): Uint8Array {
  const own = new Y.Doc();
  Y.applyUpdate(own, Y.encodeStateAsUpdate(doc));
  const before = Y.encodeStateVector(own);
  own.getText('text').insert(at, text);
  return Y.encodeStateAsUpdate(own, before);
}
