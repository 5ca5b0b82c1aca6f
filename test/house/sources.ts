import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

export interface Source {
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A file of ours relative to the root, or the name of a package. */
  readonly to: string;
  /** `import type`: gone before anything runs. */
  readonly isType: boolean;
}

/** Where code of ours lives. */
export const folders = ['app', 'bench', 'bin', 'build', 'client', 'functions', 'lib', 'local', 'test'] as const;

/** Every file below these folders that a person has written. */
export function filesBelow(...wanted: readonly string[]): readonly string[] {
  return wanted.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter((file) => !file.includes('node_modules/'))
      .sort(),
  );
}

/** Code below these folders. */
export function sourcesBelow(...wanted: readonly string[]): readonly Source[] {
  return filesBelow(...wanted)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return { file, text, imports: importsOf(file, text) };
    });
}

/** Code without its comments, for rules about what it does. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<=^|[\s;{},])\/\/.*$/gm, '');
}

function importsOf(file: string, text: string): readonly Import[] {
  const found = withoutComments(text).matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
  );
  return [...found].map(([, type, named, lazy]) => {
    const specifier = named ?? lazy ?? '';
    const isOurs = specifier.startsWith('.');
    return {
      to: isOurs ? path.posix.join(path.posix.dirname(file), specifier) : specifier,
      isType: type !== undefined,
    };
  });
}
