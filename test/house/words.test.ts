import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { filesBelow, folders, root, sourcesBelow, withoutComments } from './sources.ts';

/** What must not stand in the code, and where it may. */

/** Code that runs in Lambda; the console runs in browsers. */
const functions = sourcesBelow('functions').filter(({ file }) => !file.startsWith('functions/console/'));

/** `file: what was found`, for every find. */
function finds(pattern: RegExp): { readonly file: string; readonly what: string }[] {
  return functions.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(pattern)].map(([found]) => ({ file, what: `${file}: ${found}` })),
  );
}

/** It is found in those files, so that the pattern is known to work, and nowhere else. */
function expectOnlyIn(files: RegExp, pattern: RegExp): void {
  const [inside, outside] = [finds(pattern).filter(isIn(files)), finds(pattern).filter((one) => !isIn(files)(one))];
  expect(outside.map(({ what }) => what)).toEqual([]);
  expect(inside).not.toEqual([]);
}

const isIn = (files: RegExp) => (one: { readonly file: string }) => files.test(one.file);

describe('in functions', () => {
  const adapters = /^functions\/adapters\//;

  it('only adapters read the clock', () => {
    expectOnlyIn(adapters, /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bset(Timeout|Interval)\b/g);
  });

  it('only adapters throw dice', () => {
    expectOnlyIn(adapters, /\brandom(UUID|Bytes|Int)\b|\bMath\.random\b|\bgetRandomValues\b/g);
  });

  it('only adapters read the environment', () => {
    expectOnlyIn(adapters, /\bprocess\.env\b/g);
  });

  it('only the log writes to the output', () => {
    expectOnlyIn(/^functions\/adapters\/log\.ts$/, /\bconsole\.\w+|\bprocess\.std(out|err)\b/g);
  });

  it('keys of items are drawn in one place', () => {
    expectOnlyIn(/^functions\/core\/keys\.ts$/, /[`'"][A-Z]+#|\b(pk|sk): `/g);
  });

  it("zod comes as 'zod/mini', in whole: its name alone, or 'zod', makes bundles far larger", () => {
    expect(finds(/import (type )?\* as z from 'zod\/mini'/g)).not.toEqual([]);
    expect(finds(/from\s+'zod'/g)).toEqual([]);
    expect(finds(/import\s+(type\s+)?(\{[^}]*\}|z)\s+from\s+'zod\/mini'/g)).toEqual([]);
  });

  it('no schema is made before somebody asks for it: what schemas share is a function', () => {
    expect(finds(/^(export )?const \w+ = \(\) =>\s+z\b/gm)).not.toEqual([]);
    expect(finds(/^(export )?const \w+ = z\b/gm)).toEqual([]);
  });
});

describe('anywhere', () => {
  const all = sourcesBelow(...folders);
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');

  it('no file is only a list of exports', () => {
    const isBarrel = (text: string) =>
      withoutComments(text)
        .split(';')
        .map((statement) => statement.trim())
        .every((statement) => statement === '' || /^export\s.*\sfrom\s/s.test(statement));
    expect(all.filter(({ text }) => isBarrel(text)).map(({ file }) => file)).toEqual([]);
  });

  it('nothing is left to do', () => {
    const words = new RegExp(['TO', 'DO|FIX', 'ME|XX', 'X'].join(''), 'g');
    expect(all.flatMap(({ file, text }) => [...text.matchAll(words)].map(([word]) => `${file}: ${word}`))).toEqual([]);
  });

  it('nothing depends on where somebody keeps this repository', () => {
    const places = new RegExp(`${root}/|(?<![\\w.:/-])/(home|root|Users)/`);
    const below = [...folders, 'docs', '.ci']
      .flatMap((folder) => filesBelow(folder))
      .filter((file) => !isPicture(file));
    const above = readdirSync(root).filter((file) => /\.(md|mjs|json)$/.test(file));
    const found = [...below, ...above].filter((file) => places.test(readFileSync(path.join(root, file), 'utf8')));
    expect(found).toEqual([]);
  });

  it('the lock file names packages and hashes, and no host to fetch them from', () => {
    expect(lock).toContain('"integrity"');
    expect(lock).not.toMatch(/"resolved": "(?!node_modules)/);
  });

  it('the lock file lists what other platforms install, too: a clean install fails without', () => {
    const { packages }: { packages: Record<string, { optionalDependencies?: Record<string, string> }> } =
      JSON.parse(lock);
    const isListed = (name: string, parent: string) =>
      `${parent}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
    const missing = Object.entries(packages).flatMap(([parent, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !isListed(name, parent)),
    );
    expect(missing).toEqual([]);
  });
});

function isPicture(file: string): boolean {
  return /\.(png|jpg|ico|woff2?|gz|zip)$/.test(file);
}
