import { afterAll, describe, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import { arbitrary } from '../support/arbitrary.ts';
import { fanOutJobs } from '../support/fan-out-jobs.ts';
import { held } from '../support/held-ports.ts';
import { httpOver } from '../support/http.ts';
import { interleaving } from '../support/interleaving.ts';
import { untilKilled } from '../support/mortal-ports.ts';
import { seeds } from '../support/seeds.ts';
import { webhookWorld } from '../support/webhooks.ts';

const world = await webhookWorld();
afterAll(() => world.close());
const as = (await world.person()).sessionKey;
const { id: projectId } = await world.project(as);

/** An instance of its own, and what can be done with its webhooks through anybody's ports. */
async function instance() {
  const { id } = await world.instance(as, projectId);
  const receiver = await world.receiver();
  const at = `/api/instances/${id}/webhooks`;
  const make = (ports: Ports) => httpOver(ports)('POST', at, { body: { url: receiver.endpoint.origin }, as });
  return {
    id,
    make,
    made: async (): Promise<string> => (await make(world.ports)).body.id,
    remove: (ports: Ports, webhookId: string) => httpOver(ports)('DELETE', `/api/webhooks/${webhookId}`, { as }),
    /** How many webhooks are listed, and how many are told of a change. */
    async listedAndTold(): Promise<[number, number]> {
      const { webhooks } = (await world.http('GET', at, { as })).body;
      await world.http('PUT', `/api/instances/${id}/keys/a`, { body: { value: 1 }, as });
      await world.settled();
      return [webhooks.length, receiver.requests.length];
    },
  };
}

describe('a webhook that is listed', () => {
  it('is told, wherever whoever made it died', async () => {
    let isKilled = true;
    for (let ios = 0; isKilled; ios++) {
      const { make, listedAndTold } = await instance();
      isKilled = await untilKilled(world.ports, ios, make);
      const [listed, told] = await listedAndTold();
      expect([ios, told]).toEqual([ios, listed]);
    }
  });

  it('is told, also when it was made while the last one was deleted, wherever whoever did that died', async () => {
    let isKilled = true;
    for (let ios = 0; isKilled; ios++) {
      const { made, make, remove, listedAndTold } = await instance();
      const last = await made();
      const { ports, rests, goOn } = held(world.ports, { call: 'update', on: 'hasWebhooks' });
      const removing = untilKilled(ports, ios, (mine) => remove(mine, last));
      await Promise.race([rests, removing]);
      await make(world.ports);
      goOn();
      isKilled = await removing;
      const [listed, told] = await listedAndTold();
      expect([ios, told]).toEqual([ios, listed]);
    }
  });

  it.each(seeds(10))('is told, in whatever order others are made and deleted (seed %i)', async (seed) => {
    const any = arbitrary(seed);
    const { made, make, remove, listedAndTold } = await instance();
    const before = [await made(), await made()];
    const round = interleaving(world.ports, any);
    const livesFor = () => (any.integer(2) === 0 ? any.integer(14) : undefined);
    for (const id of before) round.begin(async (ports) => void (await remove(ports, id)), livesFor());
    round.begin(async (ports) => void (await make(ports)), livesFor());
    await round.finish();
    const [listed, told] = await listedAndTold();
    expect(told).toBe(listed);
  });

  it('was made in an instance that is still there', async () => {
    const { id, make } = await instance();
    const { ports, rests, goOn } = held(world.ports, { call: 'transact', on: 'WEBHOOKID#' });
    const making = make(ports);
    await rests;
    await world.http('DELETE', `/api/instances/${id}`, { as });
    await fanOutJobs(world);
    goOn();
    expect((await making).status).toBe(404);
    expect(await world.ports.table.query({ pk: `WEBHOOKS#${id}` })).toEqual([]);
  });
});

describe('changes of an instance', () => {
  it('wake nobody once its last webhook is gone', async () => {
    const { id, made, remove } = await instance();
    for (const webhook of [await made(), await made()]) await remove(world.ports, webhook);
    await world.http('PUT', `/api/instances/${id}/keys/a`, { body: { value: 1 }, as });
    const row = await world.ports.table.get({ pk: `MEMORY#${id}`, sk: 'a' });
    expect(row).not.toHaveProperty('hooked');
  });
});
