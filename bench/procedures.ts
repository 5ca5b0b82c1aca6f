import type { Contract } from '../functions/core/contract.ts';
import { protocol } from '../functions/protocol.ts';
import { startFakePrivo } from '../test/support/fake-privo.ts';
import { filesWorld } from '../test/support/files-world.ts';
import { makeWorld, type World } from '../test/support/world.ts';
import { median } from './median.ts';
import { dollarsPerMillion, pricesKnownIn } from './prices.ts';
import { files } from './procedures/files.ts';
import { passkeys } from './procedures/passkeys.ts';
import { people, superUserAddress } from './procedures/people.ts';
import { type Notes, openProbe, type Probe, type Sample } from './procedures/probe.ts';
import { providers } from './procedures/providers.ts';
import { records } from './procedures/records.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * What each procedure of CasualOS and each request for API keys consumes, through the real handler over the embedded
 * engine. Also how long it takes, against an empty route that is requested in turns with it. Dollars are those of
 * tables and queues; what the gateway and Lambda charge for any request comes on top.
 */

const rounds = 20;
/** Rounds that do not count, until code is compiled. */
const warmUp = 5;
const dayMs = 24 * 60 * 60_000;

type Scene = (world: World, probe: Probe, round: number) => Promise<void>;

export async function run(): Promise<Row[]> {
  const notes: Notes = { samples: new Map(), procedures: new Set(), emptyMs: [] };
  const privo = await startFakePrivo(() => joined.clock.now());
  const plain = await makeWorld({ superUserAddresses: new Set([superUserAddress]) });
  const joined = await makeWorld({ privo: privo.settings });
  const filed = await filesWorld();
  try {
    await play(plain, [people, passkeys, records], notes);
    await play(filed, [files(filed)], notes);
    await play(joined, [providers(privo)], notes);
  } finally {
    await Promise.all([privo.close(), filed.stop()]);
  }
  const emptyMs = median(notes.emptyMs);
  const rows = [...notes.samples].map(([what, samples]) => rowOf(what, samples, emptyMs));
  return [{ what: 'an empty route', actual: inMs(emptyMs), budget: '', ok: undefined }, ...rows, missing(notes)];
}

/** Everything in turns, so that other load on the machine affects all alike. */
async function play(world: World, scenes: readonly Scene[], notes: Notes): Promise<void> {
  const unheeded: Notes = { samples: new Map(), procedures: new Set(), emptyMs: [] };
  for (let round = 1; round <= warmUp + rounds; round++) {
    if (round % 5 === 0) progress(`procedures: round ${round} of ${warmUp + rounds}`);
    for (const scene of scenes) await scene(world, openProbe(world, round > warmUp ? notes : unheeded), round);
    // A day passes, so that nobody exceeds the daily limit of codes.
    world.clock.advance(dayMs);
  }
  const [failed] = world.log.errors;
  if (failed) throw new Error(`a handler failed: ${failed.message}`, { cause: failed.cause });
}

function rowOf(what: string, samples: readonly Sample[], emptyMs: number): Row {
  const typical = (name: keyof Sample) => median(samples.map((sample) => sample[name]));
  const [readUnits, writeUnits, queueRequests] = [
    typical('readUnits'),
    typical('writeUnits'),
    typical('queueRequests'),
  ];
  const [messages, ms] = [typical('messages'), typical('ms')];
  const nothingElse = { gatewayMessages: 0, invocations: 0, billedMs: 0 };
  const { above } = dollarsPerMillion({ readUnits, writeUnits, queueRequests, ...nothingElse });
  return {
    what,
    actual: [
      `${typical('tableCalls')} calls`,
      `${readUnits} RRU`,
      `${writeUnits} WRU`,
      ...(queueRequests > 0 ? [`${queueRequests} SQS`] : []),
      `$${above.toFixed(2)}/M`,
      inMs(ms),
      `${(ms / emptyMs).toFixed(1)} x`,
    ].join(', '),
    budget: '',
    ok: undefined,
    ...(messages > 0 ? { note: `and what ${messages} mail costs` } : {}),
  };
}

/** Shows procedures without a measurement, so that each new one gets a scene. */
function missing({ procedures }: Notes): Row {
  const contracts: readonly Contract[] = Object.values(protocol);
  const known = contracts.flatMap(({ operations }) =>
    Object.values(operations).flatMap(({ procedure }) => procedure?.name ?? []),
  );
  const left = known.filter((name) => !procedures.has(name));
  return {
    what: 'procedures that are not measured',
    actual: left.length === 0 ? `0 of ${known.length}` : left.join(', '),
    budget: '0',
    ok: left.length === 0,
    note: `prices of ${pricesKnownIn}`,
  };
}

const inMs = (ms: number): string => `p50 ${ms.toFixed(2)} ms`;
