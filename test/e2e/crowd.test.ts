import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { joinMembers, type Member } from '../../bench/load/members.ts';
import { everybodyMoves } from '../../bench/load/moving.ts';
import { paced } from '../../bench/load/rounds.ts';
import { npmStart, type Running } from '../support/npm-start.ts';
import { historyOf } from '../support/rooms-client.ts';

/** Fifty clients that know nothing but the five messages, on the real process. */

const people = 50;
let running: Running;
let members: Member[];

beforeAll(async () => {
  running = await npmStart('--port=0', '--fresh');
  members = await joinMembers(running.socketUrl, people);
});

afterAll(async () => {
  for (const member of members ?? []) member.close();
  await running?.stop();
});

describe('fifty people in one room of npm start', () => {
  it('hear everybody’s events once and in the order sent', async () => {
    const { deliveries, lost, duplicated, reordered } = await paced(members, 'event', {
      senders: people,
      perSecond: 10,
      seconds: 3,
    });
    expect({ lost, duplicated, reordered }).toEqual({ lost: 0, duplicated: 0, reordered: 0 });
    expect(deliveries).toBe(people * (people - 1) * 30);
  });

  it('hear everybody’s chat once and in the order sent, and history has it all', async () => {
    const { deliveries, lost, duplicated, reordered } = await paced(members, 'chat', {
      senders: people,
      perSecond: 4,
      seconds: 3,
    });
    expect({ lost, duplicated, reordered }).toEqual({ lost: 0, duplicated: 0, reordered: 0 });
    expect(deliveries).toBe(people * people * 12);
    expect(new Set(await historyOf(running.url, 'lobby')).size).toBe(people * 12);
  });

  it('all see where everybody came to rest after moving ten times a second', async () => {
    expect(await everybodyMoves(members)).toMatchObject({ stale: 0 });
  });
});
