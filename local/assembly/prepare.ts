import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { buildFunctions } from '../../build/functions.ts';
import { contentKey } from './content-key.ts';
import { synthesize } from './synthesize.ts';

/** Repository's root. */
const root = path.join(import.meta.dirname, '../..');
/** The number of assemblies that are kept, so that a reverted change, or a test run beside it, finds its own again. */
const KEPT = 16;

/**
 * The cloud assembly of the current sources: bundles built and template synthesized, or reused from the last time with
 * the same content. Two processes may do this at once.
 * @param props settings of `Chorus`
 * @param tell gets a line before each step that takes time
 * @throws Error of the build or the app
 */
export async function prepareAssembly(
  props: Readonly<Record<string, unknown>>,
  tell: (line: string) => void,
): Promise<string> {
  const cache = path.join(root, '.chorus/assemblies');
  mkdirSync(cache, { recursive: true });
  for (;;) {
    const key = contentKey(root, props);
    const directory = path.join(cache, key);
    if (existsSync(directory)) {
      const now = new Date();
      utimesSync(directory, now, now);
      return directory;
    }
    tell('bundling functions');
    await buildFunctions();
    tell('synthesizing the template');
    const draft = `${directory}.${process.pid}`;
    rmSync(draft, { recursive: true, force: true });
    await synthesize(draft, props);
    // If a source changed meanwhile, the assembly may or may not contain it. It is not stored then, and is made again.
    if (contentKey(root, props) === key) moveIntoPlace(draft, directory);
    else rmSync(draft, { recursive: true, force: true });
    removeOld(cache);
  }
}

function moveIntoPlace(draft: string, directory: string): void {
  try {
    renameSync(draft, directory);
  } catch (error) {
    // Another process was faster with the same content.
    if (!existsSync(directory)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
}

function removeOld(cache: string): void {
  // Another process may be cleaning up at the same time.
  const changedAt = (entry: string) => statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const byAge = readdirSync(cache)
    .map((name) => path.join(cache, name))
    .sort((a, b) => changedAt(b) - changedAt(a));
  for (const old of byAge.slice(KEPT)) rmSync(old, { recursive: true, force: true });
}
