import { expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { newRoom, roomWorld } from '../support/rooms.ts';

const world = await roomWorld();

it('a message has been kept, or not, by the time its sender hears that it failed', async () => {
  const roomId = newRoom();
  const client = await world.inside(roomId);
  const kept: unknown[] = [];
  // Keeping takes a while, and meanwhile looking up who listens fails.
  const table: Table = Object.assign(Object.create(world.ports.table), {
    put: async (...given: Parameters<Table['put']>) => {
      await new Promise((resolve) => setImmediate(resolve));
      const written = await world.ports.table.put(...given);
      kept.push(written);
      return written;
    },
  });
  const connections: Table = Object.assign(Object.create(world.ports.connections), {
    query: async () => Promise.reject(new Error('throttled')),
  });
  const failing: Ports = Object.create(world.ports, { table: { value: table }, connections: { value: connections } });
  const frame = client.laneText(JSON.stringify({ type: 'send_chat', payload: { message: 'once' } }));
  await frame.deliver(1, failing);
  expect(client.of('error')).toHaveLength(1);
  expect(kept).toHaveLength(1);
});
