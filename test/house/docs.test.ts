import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { filesBelow, root } from './sources.ts';

/** What the documents point to is there. */

const documents = ['README.md', 'CONTRIBUTING.md', ...filesBelow('docs').filter((file) => file.endsWith('.md'))];
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const isThere = (file: string): boolean => existsSync(path.join(root, file));

/** Headings as links name them. */
function anchorsOf(file: string): string[] {
  const headings = [...textOf(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function isBroken(from: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return false;
  const [file = '', anchor] = link.split('#');
  const to = file === '' ? from : path.posix.join(path.posix.dirname(from), file);
  return !isThere(to) || (anchor !== undefined && !anchorsOf(to).includes(anchor));
}

describe('the documents', () => {
  it('link to files and headings that exist', () => {
    const links = documents.flatMap((file) =>
      [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ file, link })),
    );
    expect(links).not.toEqual([]);
    expect(links.filter(({ file, link }) => isBroken(file, link))).toEqual([]);
  });

  it('name source files by a path that leads there, from the root or from functions', () => {
    const named = documents.flatMap((file) =>
      [...textOf(file).matchAll(/`([a-z][\w-]*\/[\w./-]+\.(?:ts|json))`/g)].map(([, name = '']) => ({ file, name })),
    );
    expect(named).not.toEqual([]);
    expect(named.filter(({ name }) => !isThere(name) && !isThere(`functions/${name}`))).toEqual([]);
  });
});
