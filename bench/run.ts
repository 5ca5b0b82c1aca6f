import { printTable } from './print.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * `npm run bench` measures everything that has a budget and prints one table; `npm run bench -- costs post` only these.
 * Budgets are ratios taken in one run, so they hold on any machine; nothing else should run beside it.
 */

const modules = {
  /** Processor time of one post. */
  post: () => import('./post.ts'),
  /** Size and initialisation of the bundles. */
  'cold-start': () => import('./cold-start.ts'),
  /** What operations consume on AWS, and its price. */
  costs: () => import('./costs.ts'),
  /** Shared documents: what updates and late joins cost, and how many a second there can be. */
  branches: () => import('./branches.ts'),
  /** What procedures over HTTP consume, and how long they take. */
  procedures: () => import('./procedures.ts'),
  /** What requests to the store consume on AWS, and their price. */
  'store-costs': () => import('./store-costs.ts'),
  /** The store under load on the local server. */
  'store-load': () => import('./store-load.ts'),
  /** Events, facts and rules: what they consume on AWS, and under load on the local server. */
  rules: () => import('./rules.ts'),
  /** Keys of instances: what changes cost, and how many a second there can be. */
  memory: () => import('./memory.ts'),
  /** Nodes: what syncing and raising consume, and how many a second there can be. */
  nodes: () => import('./nodes.ts'),
  /** Conversations with models: how long a client waits for the first word. */
  ai: () => import('./ai.ts'),
  /** A room under load on the local server. */
  'room-load': () => import('./room-load.ts'),
  /** The last of a thousand members. */
  'last-member': () => import('./last-member.ts'),
} as const satisfies Record<string, () => Promise<{ run(): Promise<Row[]> }>>;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(modules, name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(modules).join(', ')}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const [name, load] of Object.entries(modules)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  progress(name);
  rows.push(...(await (await load()).run()));
}
printTable(rows);
// The engine of the tables ends with this process, which must not wait for it.
process.exit();
