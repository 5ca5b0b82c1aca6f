import { describe, expect, it } from '@jest/globals';
import * as Y from 'yjs';
import { botsIn } from '../../functions/documents/bots.ts';

const updatesOf = (doc: Y.Doc) => [Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')];

describe('the bots in a document', () => {
  it('have tags of all kinds; texts are read as what they say', () => {
    const doc = new Y.Doc();
    const tags = new Y.Map<unknown>([
      ['label', new Y.Text('hello')],
      ['color', 'red'],
      ['size', 2.5],
      ['isOpen', true],
      ['list', [1, { two: 2 }]],
      ['huge', 2n ** 62n],
      ['nothing', undefined],
      ['nested', Y.Array.from([new Y.Text('deep') as unknown as string])],
    ]);
    doc.getMap('bots').set('bot1', tags);
    doc.getMap('bots').set('bot2', new Y.Map());
    expect(botsIn(updatesOf(doc))).toEqual({
      bot1: {
        id: 'bot1',
        tags: {
          label: 'hello',
          color: 'red',
          size: 2.5,
          isOpen: true,
          list: [1, { two: 2 }],
          huge: String(2n ** 62n),
          nothing: null,
          nested: ['deep'],
        },
      },
      bot2: { id: 'bot2', tags: {} },
    });
  });

  it('wear masks, by bot and tag', () => {
    const doc = new Y.Doc();
    doc.getMap('bots').set('bot1', new Y.Map([['color', 'red']]));
    doc.getMap('masks').set('bot1:color', new Y.Text('blue'));
    doc.getMap('masks').set('bot1:a:b', 1);
    doc.getMap('masks').set('nobody:color', 'green');
    doc.getMap('masks').set('no colon', 'green');
    expect(botsIn(updatesOf(doc))).toEqual({
      bot1: { id: 'bot1', tags: { color: 'red' }, masks: { shared: { color: 'blue', 'a:b': 1 } } },
    });
  });

  it('are not what stands among them and has no tags, nor what is gone', () => {
    const doc = new Y.Doc();
    doc.getMap('bots').set('text', 'no bot');
    doc.getMap('bots').set('gone', new Y.Map());
    doc.getMap('bots').delete('gone');
    expect(botsIn([...updatesOf(doc), 'no update'])).toEqual({});
    expect(botsIn([])).toEqual({});
  });

  it('have ids and tags of any name', () => {
    const doc = new Y.Doc();
    doc.getMap('bots').set('__proto__', new Y.Map([['constructor', 1]]));
    const bots = botsIn(updatesOf(doc));
    expect(Object.keys(bots)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(bots)).toBe(Object.prototype);
  });
});
