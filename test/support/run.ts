import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFunctions } from '../../build/functions.ts';
import { startEngine } from './dynamo.ts';

/**
 * `npm test`: bundles the functions, starts one engine in memory for the whole run, then jest with the other arguments
 * of the command line. `--browser` runs the tests of test/browser instead, one after the other. The last line counts
 * passed and failed tests.
 */

const root = fileURLToPath(new URL('../..', import.meta.url));
const wanted = process.argv.slice(2);
const isBrowser = wanted.includes('--browser');
// Each kind of run keeps its own, so that both can be counted together.
const report = join(root, 'test-results', isBrowser ? 'browser.json' : 'jest.json');
const options = wanted.filter((word) => word !== '--browser');
if (isBrowser) {
  options.push(
    '--testPathIgnorePatterns=/node_modules/',
    '--testMatch=<rootDir>/test/browser/**/*.test.ts',
    '--runInBand',
  );
}

mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });
// Once for all suites that start servers or examine what is deployed. Otherwise a dozen at a time would each do it.
await buildFunctions();
const stopEngine = await startEngine();
const code = await jest(options);
await stopEngine();
process.exitCode = summarize() ? code : 1;

function jest(extra: readonly string[]): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      '--max-semi-space-size=64', // each suite loads modules of its own, most of them garbage soon
      createRequire(import.meta.url).resolve('jest/bin/jest'),
      '--json',
      `--outputFile=${report}`,
      ...extra,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
  });
}

/** Prints the counts of jest's report; false if there is no report, or if it has failures outside of tests. */
function summarize(): boolean {
  try {
    // Jest's documented report; only these counts are used.
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
    const broken = counts.numRuntimeErrorTestSuites ?? 0;
    const failed = (counts.numFailedTests ?? 0) + broken;
    console.log(`${counts.numPassedTests ?? 0} passed, ${failed} failed`);
    return failed === 0;
  } catch (error) {
    console.error(`No report from jest: ${String(error)}`);
    console.log('0 passed, 1 failed');
    return false;
  }
}
