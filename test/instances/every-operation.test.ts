import { describe, expect, it } from '@jest/globals';
import type { Operation } from '../../functions/core/contract.ts';
import { protocol } from '../../functions/protocol.ts';
import { instancesOver } from '../support/instances.ts';
import { sampleInput } from '../support/sample-input.ts';
import { makeWorld } from '../support/world.ts';

/**
 * Operations that take keys of one project or instance have to look themselves at what a key reaches. Derived from the
 * contracts: whatever is added to them is asked the same.
 */

const world = await makeWorld();
const { http } = world;
const { person, project, share, key } = instancesOver(world);

const operations: readonly (readonly [string, Operation])[] = Object.entries(protocol).flatMap(
  ([capability, contract]) =>
    Object.entries<Operation>(contract.operations).map(
      ([name, operation]) => [`${capability}.${name}`, operation] as const,
    ),
);
/** Those that are about one thing, which their input names. */
const within = operations.filter(([, { access, http: bound, input }]) => {
  const fields = JSON.stringify([bound?.path, sampleInput(input)]);
  return bound && access.within === 'instances' && /\{id\}|"instanceId"/.test(fields);
});

const owner = (await person()).sessionKey;
const place = await project(owner);
const shared = await share(owner, `projects/${place.id}`, {
  targetType: 'group',
  targetId: await aGroup(),
  permission: 'read',
});
const other = await project(owner);
const elsewhere = [
  await key(owner, { scopeType: 'project', scopeId: other.id, permissions: ['admin'] }),
  await key(owner, { scopeType: 'instance', scopeId: other.defaultInstanceId, permissions: ['admin'] }),
];
const reading = await key(owner, { scopeType: 'project', scopeId: place.id, permissions: ['read'] });

async function aGroup(): Promise<string> {
  return (await instancesOver(world).group(owner)).id;
}

/** What a body has to have of several things, which no schema says. */
const oneOf = { template: 'x', prompt: 'x', imageBase64: 'eA==', messages: [{ role: 'user', content: 'x' }] };

/** Asks for it at the place that is not the key's. */
async function ask({ http: bound, input }: Operation, as: string): Promise<number> {
  if (!bound) throw new Error('it is not called over HTTP');
  const id = bound.path.startsWith('/api/projects/')
    ? place.id
    : bound.path.startsWith('/api/shares/')
      ? shared.id
      : place.defaultInstanceId;
  const inPath = [...bound.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const given: Record<string, unknown> = {
    ...oneOf,
    ...sampleInput(input),
    ...(inPath.includes('id') ? { id } : { instanceId: id }),
  };
  const path = bound.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(given[name] ?? 'x')));
  const body = Object.fromEntries(Object.entries(given).filter(([name]) => !inPath.includes(name)));
  return (await http(bound.method, path, bound.method === 'GET' ? { as } : { as, body })).status;
}

describe('every operation within instances', () => {
  it('is among those that are looked at', () => {
    expect(within.length).toBeGreaterThan(15);
  });

  it.each(within)('%s gives nothing to keys of another place, nor to strangers', async (_, operation) => {
    const stranger = (await person()).sessionKey;
    for (const as of [...elsewhere.map((one) => one.key), stranger]) {
      expect([403, 404]).toContain(await ask(operation, as));
    }
  });

  it.each(
    within.filter(([name, { http: bound }]) => bound?.method !== 'GET' && name !== 'socketTokens.createSocketToken'),
  )('%s changes nothing for a key that may read', async (_, operation) =>
    expect([403, 404]).toContain(await ask(operation, reading.key)),
  );

  it('breaks nowhere', () => {
    expect(world.log.errors).toEqual([]);
  });
});
