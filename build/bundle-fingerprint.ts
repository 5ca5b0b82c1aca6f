import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { type BundleName, bundleFolder, bundles } from '../lib/bundles.ts';

/** The inputs of one build; stored beside its bundles. */
interface Fingerprint {
  readonly inputs: readonly string[];
  /** Hash of the options, of every input and of every bundle. */
  readonly hash: string;
}

/** Whether a build with `options` would now make the same bundles as those in `output`. */
export async function isCurrent(output: string, options: esbuild.BuildOptions): Promise<boolean> {
  try {
    const kept = JSON.parse(await readFile(fileIn(output), 'utf8')) as Fingerprint; // written by remember()
    return kept.hash === (await hashOf(options, kept.inputs));
  } catch {
    return false; // never built, or a file is missing: the build reports errors
  }
}

/**
 * Records that the bundles in `output` were made from these files. Paths are relative to the options' working
 * directory.
 */
export async function remember(
  output: string,
  options: esbuild.BuildOptions,
  inputs: readonly string[],
): Promise<void> {
  const files = [...new Set([...inputs, 'package-lock.json'])].sort();
  await mkdir(output, { recursive: true });
  const fingerprint: Fingerprint = { inputs: files, hash: await hashOf(options, files) };
  await writeFile(fileIn(output), JSON.stringify(fingerprint));
}

function fileIn(output: string): string {
  return path.join(output, 'fingerprint.json');
}

async function hashOf(options: esbuild.BuildOptions, inputs: readonly string[]): Promise<string> {
  const root = options.absWorkingDir ?? '.';
  const built = (Object.keys(bundles) as BundleName[]).map((name) => path.join(bundleFolder(name), 'index.mjs'));
  const contents = await Promise.all(
    [...inputs.map((input) => path.join(root, input)), ...built].map((file) => readFile(file)),
  );
  const hash = createHash('sha256').update(JSON.stringify([esbuild.version, options, inputs]));
  for (const content of contents) hash.update(createHash('sha256').update(content).digest());
  return hash.digest('hex');
}
