import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type BundleName, builtBundle, bundles } from '../../lib/bundles.ts';
import { bundleFunctions, deploymentOf, resourcesOf } from './deployment.ts';

beforeAll(bundleFunctions);

const names = Object.keys(bundles) as BundleName[];
const fileOf = (name: BundleName) => path.join(builtBundle(name), 'index.mjs');

/** What a bundle exports when it is loaded as Lambda loads it: alone, in a process of its own. */
function exportsOf(name: BundleName): string[] {
  const list = `import(${JSON.stringify(fileOf(name))}).then((all) => console.log(JSON.stringify(Object.keys(all))))`;
  return JSON.parse(execFileSync(process.execPath, ['--eval', list], { encoding: 'utf8' }));
}

describe('the bundles', () => {
  it('export every handler that the template names', () => {
    const handlers = Object.values(resourcesOf(deploymentOf().chorus, 'AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Handler,
    );
    expect(handlers.sort()).toEqual(
      [...names.map(() => 'index.handler'), 'index.lane', 'index.arrivals', 'index.stream', 'index.images'].sort(),
    );
    for (const name of names) expect(exportsOf(name)).toContain('handler');
    expect(exportsOf('sockets')).toContain('lane');
    expect(exportsOf('files')).toContain('arrivals');
    expect(exportsOf('ai')).toEqual(expect.arrayContaining(['stream', 'images']));
  });

  it('are not touched by a build that changes nothing', () => {
    const times = () => names.map((name) => statSync(fileOf(name)).mtimeMs);
    const before = times();
    bundleFunctions();
    expect(times()).toEqual(before);
  });

  it('do without Yjs, but for the one that looks into documents', () => {
    // What Yjs says of itself when it is loaded twice.
    const withYjs = names.filter((name) => readFileSync(fileOf(name), 'utf8').includes('Yjs was already imported'));
    expect(withYjs.filter((name) => name !== 'documents')).toEqual([]);
  });

  it("bring everything they use, and load Node's own modules without mirroring them", () => {
    for (const name of names) expect(readFileSync(fileOf(name), 'utf8')).not.toMatch(/\bimport\b[^;(]*?from"[^"]+"/);
  });
});
