import { watch } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';
import app from '../app/app.config.ts';
import { checkRules } from '../functions/rules/application.ts';
import { checkApp } from '../functions/store/check-app.ts';
import { type BundleName, bundleFolder, bundles } from '../lib/bundles.ts';
import { browserPages } from './browser-page.ts';
import { builtinModules } from './builtin-modules.ts';
import { isCurrent, remember } from './bundle-fingerprint.ts';
import { leanModels } from './lean-models.ts';

const root = path.join(import.meta.dirname, '..');
const output = path.join(root, 'dist/fn');

/** The build scripts are inputs of the bundles, too. */
const recipe = ['functions', 'builtin-modules', 'lean-models', 'browser-page'].map((name) => `build/${name}.ts`);

/** The result of a rebuild: the bundles whose code has changed, or the errors. */
export type Rebuilt =
  | { readonly ok: true; readonly changed: readonly BundleName[] }
  | { readonly ok: false; readonly errors: readonly string[] };

/**
 * Bundles every function into `dist/fn/<name>/index.mjs`. Does nothing if no input has changed since the last build. An
 * unchanged file is not touched; a changed one is replaced whole, so that no reader gets half of it.
 * @throws Error of esbuild naming file and line, or naming an invalid declaration of the application
 */
export async function buildFunctions(): Promise<void> {
  if (await isCurrent(output, options)) return;
  checkApp(app);
  checkRules(app);
  const browserInputs = new Set<string>();
  const result = await esbuild.build({
    ...options,
    plugins: [builtinModules, leanModels, browserPages(browserInputs)],
  });
  await save(result.outputFiles);
  const own = Object.keys(result.metafile.inputs).filter((input) => !input.includes(':'));
  await remember(output, options, [...own, ...browserInputs, ...recipe]);
}

/** The folders with sources of bundles that a developer may change. */
const sources = ['app', 'client', 'functions'];

/**
 * Bundles whenever an input changes from now on. `onRebuilt` gets every build that changed something or failed. Nothing
 * is bundled before the first change, because most runs see none.
 */
export function watchFunctions(onRebuilt: (rebuilt: Rebuilt) => void): { stop(): Promise<void> } {
  let builder: Promise<esbuild.BuildContext> | undefined;
  const watchers = sources.map((folder) =>
    watch(path.join(root, folder), { recursive: true, persistent: false }, () => {
      for (const watcher of watchers) watcher.close();
      builder ??= watchInputs(onRebuilt);
    }),
  );
  return {
    async stop() {
      for (const watcher of watchers) watcher.close();
      await (await builder)?.dispose();
    },
  };
}

async function watchInputs(onRebuilt: (rebuilt: Rebuilt) => void): Promise<esbuild.BuildContext> {
  const context = await esbuild.context({
    ...options,
    plugins: [builtinModules, leanModels, browserPages(new Set()), announce(onRebuilt)],
  });
  await context.watch();
  return context;
}

const options = {
  absWorkingDir: root,
  entryPoints: Object.entries(bundles).map(([name, file]) => ({ in: file, out: `${name}/index` })),
  outdir: 'dist/fn',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The ESM builds of dependencies: without this, "Dynamic require is not supported" at load, and no tree shaking.
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  logLevel: 'silent', // the error says what went wrong
  metafile: true,
  write: false,
} as const satisfies esbuild.BuildOptions;

function announce(onRebuilt: (rebuilt: Rebuilt) => void): esbuild.Plugin {
  return {
    name: 'announce',
    setup(build) {
      build.onEnd(async ({ errors, outputFiles }) => {
        if (errors.length > 0) {
          const lines = await esbuild.formatMessages(errors, { kind: 'error', color: false });
          onRebuilt({ ok: false, errors: lines });
          return;
        }
        const changed = await save(outputFiles ?? []);
        if (changed.length > 0) onRebuilt({ ok: true, changed });
      });
    },
  };
}

/** Writes the files that differ from those on disk. @returns the bundles written */
async function save(files: readonly esbuild.OutputFile[]): Promise<BundleName[]> {
  const changed: BundleName[] = [];
  for (const name of Object.keys(bundles) as BundleName[]) {
    const target = path.join(bundleFolder(name), 'index.mjs');
    const file = files.find((each) => each.path === target);
    if (file === undefined || (await readFile(target).catch(() => undefined))?.equals(file.contents)) continue;
    await mkdir(path.dirname(target), { recursive: true });
    const draft = `${target}.${process.pid}`;
    await writeFile(draft, file.contents);
    await rename(draft, target);
    changed.push(name);
  }
  return changed;
}

if (import.meta.main) await buildFunctions();
