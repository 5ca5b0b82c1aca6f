import { joinMembers } from './load/members.ts';
import { type ServerProcess, startChorusProcess, startMemoryProcess } from './load/processes.ts';
import { paced } from './load/rounds.ts';
import { median, percentile } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/** A room of a thousand: how long joining takes, and when the last member receives a chat message. */

const roomSize = 1_000;
const joiningAtOnce = 50;

export async function run(): Promise<Row[]> {
  progress(`last-member: ${roomSize} in memory, to compare with`);
  const memory = await measure(await startMemoryProcess());
  progress(`last-member: ${roomSize} join Chorus`);
  const ours = await measure(await startChorusProcess());
  return [
    {
      what: `joining, ${roomSize} members, ${joiningAtOnce} at a time`,
      actual: `${ours.joinedMs.toFixed(0)} ms`,
      budget: '',
      ok: undefined,
      note: `in memory ${memory.joinedMs.toFixed(0)} ms`,
    },
    {
      what: `chat to ${roomSize}: the last member has it after`,
      actual: `${median(ours.lastMs).toFixed(0)} ms`,
      budget: '',
      ok: undefined,
      note: `worst ${percentile(ours.lastMs, 1).toFixed(0)} ms; in memory ${median(memory.lastMs).toFixed(0)} ms`,
    },
    {
      what: `chat to ${roomSize}: lost, duplicated, reordered`,
      actual: ours.faults.join(', '),
      budget: '0, 0, 0',
      ok: ours.faults.every((count) => count === 0),
      note: `of ${ours.deliveries} deliveries`,
    },
  ];
}

async function measure(server: ServerProcess) {
  try {
    const startedAt = performance.now();
    const members = await joinMembers(server.socketUrl, roomSize, joiningAtOnce);
    const joinedMs = performance.now() - startedAt;
    progress('last-member: chat');
    const { lastLatencies, lost, duplicated, reordered, deliveries } = await paced(members, 'chat', {
      senders: 10,
      perSecond: 0.4,
      seconds: 5,
    });
    for (const member of members) member.close();
    return { joinedMs, lastMs: lastLatencies, faults: [lost, duplicated, reordered], deliveries };
  } finally {
    await server.stop();
  }
}
