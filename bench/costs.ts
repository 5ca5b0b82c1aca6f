import type { ConnectionId } from '../functions/core/names.ts';
import { amounts, divided, percent, short } from './costs/amounts.ts';
import { type Deployment, type Ledger, openDeployment } from './costs/deployment.ts';
import { mean } from './costs/mean.ts';
import { openSinkGateway } from './costs/sink-gateway.ts';
import { dollarsPerMillion, pricesKnownIn } from './prices.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * What a join, a presence update, an event and a chat message consume in rooms of different sizes, through the real
 * handlers: table calls and units, frames, queue requests, processor time, and the dollars these come to.
 */

/** Members, and how often each operation is repeated; the table shows the mean. */
const rooms = [
  { members: 2, repeats: 40, budget: 1.2 },
  { members: 10, repeats: 40, budget: 0.32 },
  { members: 50, repeats: 20, budget: 0.08 },
  { members: 1_000, repeats: 6, budget: 0.01 },
] as const;
const message = 'x'.repeat(64);
/** Long enough for every window to end, and for earlier deliveries to be forgotten. */
const quietMs = 6_000;

export async function run(): Promise<Row[]> {
  const sink = await openSinkGateway();
  try {
    const rows: Row[] = [];
    for (const room of rooms) rows.push(...(await rowsOf(await openDeployment(sink.gateway), room)));
    return rows;
  } finally {
    await sink.close();
  }
}

async function rowsOf(deployment: Deployment, { members, repeats, budget }: (typeof rooms)[number]): Promise<Row[]> {
  progress(`costs: a room of ${members}`);
  const inside: ConnectionId[] = [];
  for (let n = 1; n < members; n++) inside.push(await join(deployment));
  await deployment.drain({ early: true });
  const last = await deployment.measure(async () => {
    inside.push(await join(deployment));
    await deployment.drain({ early: true });
  });
  const sender = inside[0];
  if (!sender) throw new Error('a room has a first member');
  const one = { deployment, repeats };
  const chat = await mean(one, () => deployment.send(sender, 'send_chat', { message }));
  const event = await mean(one, () => deployment.send(sender, 'broadcast_event', { event: 'draw', payload: message }));
  const alone = await mean(one, async () => {
    deployment.putForward(quietMs);
    await deployment.send(sender, 'update_presence', { presence: { x: 1, y: 2 } });
  });
  const moving = await allMoving(deployment, inside);
  if (deployment.errors.length > 0) throw new AggregateError(deployment.errors, 'handlers failed');

  const { gateway, above } = dollarsPerMillion(chat);
  const apart = dollarsPerMillion({ ...chat, queueRequests: chat.queueRequestsApart }).above;
  return [
    { what: `join, the last of ${members}`, actual: amounts(last), budget: '', ok: undefined },
    { what: `presence update, alone, to ${members}`, actual: amounts(alone), budget: '', ok: undefined },
    { what: `presence update, all ${members} moving`, actual: amounts(moving), budget: '', ok: undefined },
    {
      what: `presence update, all ${members} moving: gateway messages`,
      actual: short(moving.gatewayMessages),
      budget: `< ${members}`,
      ok: moving.gatewayMessages < members,
      note: 'each update on its own to everybody else would be the budget',
    },
    { what: `event to ${members}`, actual: amounts(event), budget: '', ok: undefined },
    { what: `chat to ${members}`, actual: amounts(chat), budget: '', ok: undefined },
    {
      what: `chat to ${members}: cost above the gateway's own`,
      actual: percent(above / gateway),
      budget: `<= ${percent(budget)}`,
      ok: above <= budget * gateway,
      note: `$${above.toFixed(2)} on $${gateway.toFixed(2)} per million (${pricesKnownIn}); ${percent(apart / gateway)} if no two queue messages shared a call`,
    },
    {
      what: `chat to ${members}: table round trips before the first delivery`,
      actual: String(chat.tripsToFirstFrame),
      budget: '<= 3',
      ok: chat.tripsToFirstFrame <= 3,
    },
  ];
}

async function join(deployment: Deployment): Promise<ConnectionId> {
  const id = await deployment.connect();
  await deployment.send(id, 'join_room', { roomId: 'lobby', presence: { x: 0, y: 0 } });
  return id;
}

/**
 * Everybody moves ten times a second for a second; in big rooms once, because most of the cost is what everyone
 * receives.
 */
async function allMoving(deployment: Deployment, inside: readonly ConnectionId[]): Promise<Ledger> {
  const rounds = inside.length > 100 ? 1 : 10;
  deployment.putForward(quietMs);
  const all = await deployment.measure(async () => {
    for (let round = 0; round < rounds; round++) {
      const start = deployment.now();
      for (const [index, id] of inside.entries()) {
        await deployment.send(id, 'update_presence', { presence: { x: round, y: index } });
        await deployment.drain();
      }
      deployment.putForward(Math.max(0, 1_000 / rounds - (deployment.now() - start)));
    }
    await deployment.drain({ early: true });
  });
  return divided(all, rounds * inside.length);
}
