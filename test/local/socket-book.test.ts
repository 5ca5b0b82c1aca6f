import { appendFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openSocketBook } from '../../local/gateway/socket-book.ts';
import { laneArn, startGateway, toLane } from './fixtures/gateway.ts';

const newFile = () => path.join(mkdtempSync(path.join(tmpdir(), 'chorus-book-')), 'data/sockets.jsonl');
const socket = (connectionId: string) => ({ connectionId, connectedAt: 1, identity: { sourceIp: '127.0.0.1' } });

describe('the book of open sockets', () => {
  it('tells the next process of those that are left, until they are crossed out', () => {
    const file = newFile();
    const first = openSocketBook(file);
    expect(first.left).toEqual([]);
    for (const id of ['a=', 'b=']) first.enter(socket(id));
    first.crossOut('a=');
    expect(openSocketBook(file).left).toEqual([socket('b=')]);
    expect(openSocketBook(file).left).toEqual([socket('b=')]);
    openSocketBook(file).crossOutAll();
    expect(openSocketBook(file).left).toEqual([]);
  });

  it('does not mind a line that was cut off', () => {
    const file = newFile();
    openSocketBook(file).enter(socket('a='));
    appendFileSync(file, '{"open":{"connec');
    expect(openSocketBook(file).left).toEqual([socket('a=')]);
  });
});

describe('a gateway whose predecessor was killed', () => {
  it('sends the $disconnect of every socket that was open then', async () => {
    const file = newFile();
    openSocketBook(file).enter(socket('a='));
    const gateway = await startGateway({
      handlers: {},
      socket: [toLane('$disconnect', '-')],
      options: { book: openSocketBook(file) },
    });
    try {
      expect(gateway.sent).toMatchObject([{ queueArn: laneArn, message: { groupId: 'a=', body: '-' } }]);
    } finally {
      await gateway.stop();
    }
  });
});
