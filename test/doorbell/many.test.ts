import { expect, it } from '@jest/globals';
import { hashOfNode, keys, nodeWatchersOf } from '../../functions/core/keys.ts';
import type { Job, Ports } from '../../functions/core/ports.ts';
import type { Table } from '../../functions/core/table.ts';
import { type TellBody, tellWatchers } from '../../functions/doorbell/telling.ts';
import { updateNode } from '../../functions/nodes/raising.ts';
import { makeWorld } from '../support/world.ts';

it('sixty thousand who watch one node are told in a few seconds, each once', async () => {
  const { ports } = await makeWorld();
  const many = 60_000;
  const hash = hashOfNode('news');
  const { version } = await updateNode(ports, 'news', 'h');
  await ports.connections.put({ ...keys.bell(), pending: 'turn', changed: new Set([hash]) });
  const rows = Array.from({ length: many }, (_, index) => ({
    sk: `connection-${index}`,
    node: 'news',
    expiresAt: ports.clock.now() + 60_000,
  }));
  const query: Table['query'] = async (asked) =>
    asked.pk === nodeWatchersOf(hash) ? rows : ports.connections.query(asked);
  const jobs: Job[] = [];
  const busy: Ports = Object.create(ports, {
    connections: { value: Object.assign(Object.create(ports.connections), { query }) },
    fanOut: { value: { send: async (more: readonly Job[]) => void jobs.push(...more) } },
  });
  const start = performance.now();
  await tellWatchers(busy, { turn: 'turn', at: ports.clock.now() });
  // Some tenths of a second; it took half a minute when each was copied together with all before it.
  expect(performance.now() - start).toBeLessThan(5_000);
  const bodies = jobs.map(({ body }) => body as TellBody); // jobs of this kind have such a body
  expect(new Set(bodies.flatMap(({ to }) => to)).size).toBe(many);
  expect(bodies.flatMap(({ to }) => to)).toHaveLength(many);
  expect(new Set(bodies.map(({ frame }) => frame))).toEqual(
    new Set([JSON.stringify({ type: 'nodes.changed', versions: { news: version } })]),
  );
});
