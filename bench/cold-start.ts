import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildFunctions } from '../build/functions.ts';
import { type BundleName, bundleFolder, bundles } from '../lib/bundles.ts';
import { median } from './median.ts';
import { progress } from './progress.ts';
import type { Row } from './row.ts';

/**
 * Size of every bundle, and the processor time its process takes to load it, against a process that loads an empty
 * handler. Each run is a process of its own; all bundles take turns, so that other load on the machine affects them
 * alike.
 */

const rounds = 15;
/** Clients wait for the cold start of these. */
const hot: ReadonlySet<string> = new Set(['sockets', 'http']);
const budgets = {
  hot: { kilobytes: 400, ratio: 3.0, goal: '; goal <= 160 KB and <= 2.0 x' },
  other: { kilobytes: 650, ratio: 3.9, goal: '' },
} as const;

/** Loads the given module, and prints the processor time in ms that the process has used by then. */
const probe = `await import(process.argv[2]);
const { user, system } = process.cpuUsage();
console.log((user + system) / 1000);
process.exit();`;

export async function run(): Promise<Row[]> {
  await buildFunctions();
  const folder = mkdtempSync(path.join(tmpdir(), 'chorus-bench-'));
  try {
    const probeFile = path.join(folder, 'probe.mjs');
    const emptyFile = path.join(folder, 'empty.mjs');
    writeFileSync(probeFile, probe);
    writeFileSync(emptyFile, 'export const handler = async () => ({ statusCode: 200 });\n');
    // The keys of a constant object are its names.
    const names = Object.keys(bundles) as BundleName[];
    const files = [emptyFile, ...names.map(fileOf)];
    const times = measure(probeFile, files);
    const emptyMs = median(times[0] ?? []);
    return names.map((name, index) => rowOf(name, median(times[index + 1] ?? []), emptyMs));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const fileOf = (name: BundleName): string => path.join(bundleFolder(name), 'index.mjs');

/** @returns the processor times of each file's runs, in ms */
function measure(probeFile: string, files: readonly string[]): number[][] {
  const times = files.map((): number[] => []);
  // The first round fills the file cache and does not count.
  for (let round = 0; round <= rounds; round++) {
    if (round % 5 === 0) progress(`cold-start: round ${round} of ${rounds}`);
    for (const [index, file] of files.entries()) {
      const cpuMs = load(probeFile, file);
      if (round > 0) times[index]?.push(cpuMs);
    }
  }
  return times;
}

/** @throws Error when the module cannot be loaded */
function load(probeFile: string, file: string): number {
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', NODE_NO_WARNINGS: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [probeFile, file], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} does not load: ${stderr}`);
  return Number(stdout);
}

function rowOf(name: BundleName, cpuMs: number, emptyMs: number): Row {
  const budget = hot.has(name) ? budgets.hot : budgets.other;
  const kilobytes = statSync(fileOf(name)).size / 1024;
  const ratio = cpuMs / emptyMs;
  return {
    what: `${name}: bundle, and processor time to load it, of an empty handler's`,
    actual: `${kilobytes.toFixed(0)} KB, ${ratio.toFixed(2)} x`,
    budget: `<= ${budget.kilobytes} KB, <= ${budget.ratio.toFixed(1)} x`,
    ok: kilobytes <= budget.kilobytes && ratio <= budget.ratio,
    note: `${cpuMs.toFixed(0)} ms against ${emptyMs.toFixed(0)} ms${budget.goal}`,
  };
}
