import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { protocol } from '../functions/protocol.ts';
import manifest from '../package.json' with { type: 'json' };
import { asyncApi } from './docs/asyncapi.ts';
import { fingerprint } from './docs/fingerprint.ts';
import { openApi } from './docs/openapi.ts';

/**
 * `npm run docs` writes the documents that are derived from the contracts. `-- --check` writes nothing, and fails if
 * one is out of date. `-- --pin` also accepts the current shapes as the new ones. That is a decision, because clients
 * that we did not write notice it.
 */

const root = path.join(import.meta.dirname, '..');
const documents: readonly (readonly [file: string, content: unknown])[] = [
  ['docs/openapi.json', openApi(protocol, manifest.version)],
  ['docs/asyncapi.json', asyncApi(protocol, manifest.version)],
  ...(process.argv.includes('--pin') ? [['test/protocol/fingerprint.json', fingerprint(protocol)] as const] : []),
];

if (process.argv.includes('--check')) {
  const stale = documents.filter(([file, content]) => written(file) !== text(content)).map(([file]) => file);
  for (const file of stale) console.error(`${file} is out of date: run "npm run docs" and commit it.`);
  if (stale.length > 0) process.exitCode = 1;
} else {
  for (const [file, content] of documents) {
    writeFileSync(path.join(root, file), text(content));
    console.log(`wrote ${file}`);
  }
}

function text(content: unknown): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

function written(file: string): string | undefined {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return undefined; // never written
  }
}
