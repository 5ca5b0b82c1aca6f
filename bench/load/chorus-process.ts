import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChorus } from '../../local/chorus.ts';

/**
 * Runs Chorus for a benchmark: sends its address to its parent, and stops when the parent sends anything or is gone.
 */

const dataDir = mkdtempSync(path.join(tmpdir(), 'chorus-bench-'));
const chorus = await startChorus({ port: 0, dataDir, quiet: true, log: (line) => console.error(line) });
process.once('message', () => void stop());
process.once('disconnect', () => void stop());
process.send?.(`${chorus.url.replace('http', 'ws')}/live`);

async function stop(): Promise<void> {
  await chorus.stop();
  rmSync(dataDir, { recursive: true });
  process.exit(0);
}
