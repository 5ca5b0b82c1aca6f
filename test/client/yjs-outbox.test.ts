import { beforeEach, describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { parseFrame } from '../../client/yjs-frames.ts';
import { createYjsOutbox, type YjsOutbox } from '../../client/yjs-outbox.ts';
import { createManualClock, type ManualClock } from '../support/local-clock.ts';

/** What a provider sends, and when it believes that it is kept. */

let clock: ManualClock;
let outbox: YjsOutbox;
let doc: Y.Doc;
let sent: string[];
let heard: unknown[];
let uploaded: string[];

beforeEach(() => {
  clock = createManualClock();
  doc = new Y.Doc();
  sent = [];
  heard = [];
  uploaded = [];
  outbox = createYjsOutbox({
    clock,
    answerTimeoutMs: 1_000,
    send: (text) => sent.push(text) > 0,
    upload: async (url, text) => void uploaded.push(url, text),
    onSaved: (isSaved) => heard.push(isSaved),
    onTrouble: (message) => heard.push(message),
  });
  doc.on('update', (update: Uint8Array) => outbox.add(update));
});

const type = (text: string) => doc.getText('text').insert(doc.getText('text').length, text);
const nothing = new Uint8Array([0, 0]);
const idsSent = () => sent.map((text) => JSON.parse(text).id as number);
const saveAll = () => {
  for (const id of idsSent()) outbox.saved(id);
};

/** The document that comes of what was sent. */
function textSent(): string {
  const other = new Y.Doc();
  for (const text of sent) {
    const frame = parseFrame(text);
    if (frame?.type === 'yjs' && 'update' in frame.message) Y.applyUpdate(other, frame.message.update);
  }
  return other.getText('text').toString();
}

describe('before the server has said what it knows', () => {
  it('nothing is sent, and nothing believed', () => {
    type('early');
    expect([sent, outbox.isSaved]).toEqual([[], false]);
  });

  it('what was written goes out with the difference, once', () => {
    type('early');
    outbox.start(Y.encodeStateAsUpdate(doc));
    expect(sent).toHaveLength(1);
    expect(textSent()).toBe('early');
    saveAll();
    expect([outbox.isSaved, heard]).toEqual([true, [true]]);
  });

  it('a document that lacks nothing there is saved at once', () => {
    outbox.start(nothing);
    expect([outbox.isSaved, sent]).toEqual([true, []]);
  });
});

describe('somebody who types', () => {
  it('costs one frame for each answer, and all of it is sent', () => {
    outbox.start(nothing);
    for (const letter of 'one two three') type(letter);
    expect(sent).toHaveLength(1);
    outbox.saved(1);
    expect(sent).toHaveLength(2);
    expect(outbox.isSaved).toBe(false);
    outbox.saved(2);
    expect([textSent(), outbox.isSaved]).toEqual(['one two three', true]);
    expect(heard).toEqual([true, false, true]);
  });

  it('pastes in parts that fit, some at a time', () => {
    outbox.start(nothing);
    type('ä'.repeat(200_000));
    expect(sent).toHaveLength(8);
    for (let id = 1; !outbox.isSaved; id++) outbox.saved(id);
    expect(textSent()).toHaveLength(200_000);
    expect(Math.max(...sent.map((text) => text.length))).toBeLessThan(32 * 1024);
  });

  it('hears of silence, once the time is over', () => {
    outbox.start(nothing);
    type('?');
    clock.advance(999);
    expect(heard).toEqual([true, false]);
    clock.advance(1);
    expect(heard.at(-1)).toBe('No answer.');
  });
});

describe('a value that no frame has room for', () => {
  it('is put where the server says, and then named', async () => {
    outbox.start(nothing);
    doc.getMap('map').set('picture', new Uint8Array(50_000));
    expect(sent).toEqual(['{"type":"upload","id":1}']);
    outbox.uploadTo(1, 'https://blobs.example.com/here?signed');
    await Promise.resolve();
    expect(uploaded[0]).toBe('https://blobs.example.com/here?signed');
    expect(parseFrame(uploaded[1] ?? '')).toMatchObject({ type: 'yjs', message: { kind: 'update' } });
    expect(sent[1]).toBe('{"type":"yjs","url":"https://blobs.example.com/here","id":1}');
    outbox.saved(1);
    expect(outbox.isSaved).toBe(true);
  });
});

describe('what is refused', () => {
  it('for passing trouble is sent again a little later', () => {
    outbox.start(nothing);
    type('again');
    expect(outbox.refused(1, 'service_unavailable')).toBe(true);
    clock.advance(2_000);
    expect(sent).toHaveLength(2);
    outbox.saved(2);
    expect([outbox.isSaved, textSent()]).toEqual([true, 'again']);
  });

  it('for good goes along with the next change, and counts as unsaved until then', () => {
    outbox.start(nothing);
    type('no ');
    expect(outbox.refused(1, 'not_authorized')).toBe(false);
    clock.advance(60_000);
    expect([sent.length, outbox.isSaved]).toEqual([1, false]);
    type('yes');
    sent = sent.slice(1);
    expect(textSent()).toBe('no yes');
    outbox.saved(2);
    expect(outbox.isSaved).toBe(true);
  });
});

describe('on another socket', () => {
  it('begins with the difference, and answers of the old one mean nothing', () => {
    outbox.start(nothing);
    type('lost?');
    outbox.disconnected();
    type(' no');
    outbox.start(Y.encodeStateAsUpdate(doc));
    outbox.saved(1);
    expect(outbox.isSaved).toBe(false);
    expect(textSent()).toBe('lost? no');
    saveAll();
    expect(outbox.isSaved).toBe(true);
  });

  it('says again what was not acknowledged, for it may have reached nobody', () => {
    outbox.start(nothing);
    type('kept, and not heard of');
    outbox.disconnected();
    sent = [];
    outbox.start(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)));
    expect([sent.length, textSent(), outbox.isSaved]).toEqual([1, 'kept, and not heard of', false]);
    saveAll();
    outbox.disconnected();
    sent = [];
    outbox.start(nothing);
    expect([sent, outbox.isSaved]).toEqual([[], true]);
  });

  it('tells deletions again without calling that unsaved', () => {
    type('gone');
    doc.getText('text').delete(0, 4);
    outbox.start(Y.encodeStateAsUpdate(doc));
    saveAll();
    outbox.disconnected();
    heard = [];
    outbox.start(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(doc)));
    expect(parseFrame(sent.at(-1) ?? '')).toMatchObject({ message: { kind: 'step2' } });
    saveAll();
    expect([heard, outbox.isSaved]).toEqual([[], true]);
  });
});
