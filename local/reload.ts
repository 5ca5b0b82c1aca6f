import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { watchFunctions } from '../build/functions.ts';
import type { Log } from './log.ts';
import type { FunctionPart } from './parts.ts';

const root = path.join(import.meta.dirname, '..');

/** The folder of built bundles; the assembly contains copies of them. */
const built = path.join(root, 'dist/fn');

/**
 * The built folder of a function's bundle, where a rebuild writes: the one with the same content as its copy in the
 * assembly. For code that is not built here, the copy itself.
 */
export function builtFolderOf(part: FunctionPart): string {
  const wanted = digestOf(part.codeDir);
  const names = existsSync(built) ? readdirSync(built) : [];
  const folders = names.map((name) => path.join(built, name));
  return folders.find((folder) => wanted !== undefined && digestOf(folder) === wanted) ?? part.codeDir;
}

function digestOf(folder: string): string | undefined {
  const file = path.join(folder, 'index.mjs');
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}

/**
 * Rebuilds when a source changes. Functions change at once: `replace` gets the folders of the new bundles. A change of
 * the template needs a restart, which the log says.
 */
export function watchSources(replace: (folders: readonly string[]) => void, log: Log): { stop(): Promise<void> } {
  const functions = watchFunctions((rebuilt) => {
    if (rebuilt.ok) {
      replace(rebuilt.changed.map((name) => path.join(built, name)));
      log('reload', `${rebuilt.changed.join(', ')} rebuilt`);
    } else for (const error of rebuilt.errors) log('reload', error.trimEnd());
  });
  let told = false;
  const template = watch(path.join(root, 'lib'), { recursive: true, persistent: false }, () => {
    if (!told) log('reload', 'lib/ has changed: start again for the new template');
    told = true;
  });
  return {
    async stop() {
      template.close();
      await functions.stop();
    },
  };
}
