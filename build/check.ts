import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/**
 * `npm run check`: all checks that a finished change must pass. All of them run, so that one round shows every error.
 * `-- --no-tests` skips the tests.
 */

const root = path.join(import.meta.dirname, '..');

interface Step {
  readonly name: string;
  /** A script that node runs, and its arguments. */
  readonly script: string;
  readonly words: readonly string[];
}

/** Every folder with its own compiler options. */
const projects = ['.', 'lib', 'functions/console'].filter((folder) =>
  existsSync(path.join(root, folder, 'tsconfig.json')),
);

const quick: readonly Step[] = [
  {
    name: 'format and lint',
    script: 'node_modules/@biomejs/biome/bin/biome',
    words: ['check', '--error-on-warnings', '.'],
  },
  ...projects.map((folder) => ({
    name: folder === '.' ? 'types' : `types of ${folder}`,
    script: 'node_modules/typescript/bin/tsc',
    words: ['-p', folder],
  })),
  { name: 'generated documents', script: 'build/docs.ts', words: ['--check'] },
];
const tests: Step = { name: 'tests', script: 'test/support/run.ts', words: [] };

const failed: string[] = [];
const start = performance.now();
await Promise.all(quick.map((step) => check(step, 'shown when it fails')));
if (!process.argv.includes('--no-tests')) await check(tests, 'shown as it comes');
console.log(failed.length === 0 ? `all good in ${since(start)}` : `failed: ${failed.join(', ')} (${since(start)})`);
if (failed.length > 0) process.exitCode = 1;

async function check(step: Step, output: 'shown when it fails' | 'shown as it comes'): Promise<void> {
  const begin = performance.now();
  const { code, text } = await run(step, output === 'shown as it comes');
  if (code === 0) {
    console.log(`ok      ${step.name} (${since(begin)})`);
  } else {
    failed.push(step.name);
    console.log(`FAILED  ${step.name} (${since(begin)})${text === '' ? '' : `\n${text.trimEnd()}`}`);
  }
}

function run({ script, words }: Step, isShown: boolean): Promise<{ readonly code: number; readonly text: string }> {
  const child = spawn(process.execPath, [path.join(root, script), ...words], {
    cwd: root,
    stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(chunks).toString() }));
  });
}

function since(begin: number): string {
  return `${((performance.now() - begin) / 1_000).toFixed(1)} s`;
}
