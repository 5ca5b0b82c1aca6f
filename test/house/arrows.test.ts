import { describe, expect, it } from '@jest/globals';
import { cyclesAmong } from './cycles.ts';
import type { Import } from './sources.ts';
import { folders, sourcesBelow } from './sources.ts';

/** Which file may know which: few arrows, one way. */

const all = sourcesBelow(...folders);

/** An arrow from a file of ours to a file of ours. */
interface Arrow extends Import {
  readonly from: string;
}

const arrows: readonly Arrow[] = all.flatMap(({ file, imports }) =>
  imports
    .filter(({ to }) => folders.some((folder) => to.startsWith(`${folder}/`)))
    .map((imported) => ({ from: file, ...imported })),
);

/** Arrows out of files that match, to anything that no pattern allows. */
function strays(from: RegExp, allowed: readonly RegExp[], among = arrows): string[] {
  return among
    .filter((arrow) => from.test(arrow.from) && !allowed.some((pattern) => pattern.test(arrow.to)))
    .map((arrow) => `${arrow.from} -> ${arrow.to}`);
}

const contract = /^functions\/[^/]+\/contract\.ts$/;

describe('arrows', () => {
  it('are found, those of types included', () => {
    const of = (file: string) => arrows.filter(({ from }) => from === file).map(({ to }) => to);
    expect(of('functions/rooms/rooms.ts')).toEqual(
      expect.arrayContaining(['functions/core/channel/append.ts', 'functions/core/caller.ts']),
    );
    expect(of('test/house/arrows.test.ts')).toContain('test/house/cycles.ts');
  });

  it('from core lead to core', () => {
    expect(strays(/^functions\/core\//, [/^functions\/core\//])).toEqual([]);
  });

  it('from adapters lead to core, and to what the application adds', () => {
    expect(strays(/^functions\/adapters\//, [/^functions\/(adapters|core)\//, /^app\//])).toEqual([]);
  });

  it('from wire lead to core and to contracts', () => {
    expect(strays(/^functions\/wire\//, [/^functions\/(wire|core)\//, contract])).toEqual([]);
  });

  it('from contracts lead to core and to contracts', () => {
    expect(strays(contract, [/^functions\/core\//, contract])).toEqual([]);
    expect(strays(/^functions\/protocol\.ts$/, [/^functions\/core\//, contract])).toEqual([]);
  });

  it('from functions lead to nothing that deploys, serves or tests them', () => {
    expect(strays(/^functions\//, [/^functions\//, /^client\//, /^app\//])).toEqual([]);
  });

  it('from the deployment lead to plain data', () => {
    const values = arrows.filter(({ isType }) => !isType);
    const data = /^functions\/(protocol|core\/(env|peers|privo-settings))\.ts$/;
    expect(strays(/^lib\//, [/^lib\//, data], values)).toEqual([]);
    expect(strays(/^lib\//, [/^lib\//, data, /^functions\/core\//])).toEqual([]);
    expect(strays(/^bin\//, [/^(lib|build)\//])).toEqual([]);
  });

  it('from the laptop lead to nothing of functions: it runs what the template names', () => {
    expect(arrows.filter(({ from, to }) => from.startsWith('local/') && to.startsWith('functions/'))).toEqual([]);
  });

  it('from the product lead to no test', () => {
    expect(strays(/^(?!test\/|bench\/)/, [/^(?!test\/)/])).toEqual([]);
  });

  it('to a store come from its own capability', () => {
    const isForeign = ({ from, to }: Arrow) => {
      const room = /^(functions\/(?!core\/)[^/]+\/)(?:.*-)?store\.ts$/.exec(to)?.[1];
      return room !== undefined && from.startsWith('functions/') && !from.startsWith(room);
    };
    expect(arrows.filter(isForeign)).toEqual([]);
  });

  it('to a handler come from tests only: it is where a function begins', () => {
    const isEntered = ({ from, to }: Arrow) => /^functions\/.*\/handler\.ts$/.test(to) && !from.startsWith('test/');
    expect(arrows.filter(isEntered)).toEqual([]);
  });

  it('never lead back to where they came from', () => {
    expect(cyclesAmong(arrows.filter(({ isType }) => !isType))).toEqual([]);
    // Neighbours may describe themselves by each other's types; rooms may not.
    const folderOf = (file: string) => file.slice(0, file.lastIndexOf('/'));
    const isAcross = (circle: string[]) => new Set(circle.map(folderOf)).size > 1;
    expect(cyclesAmong(arrows).filter(isAcross)).toEqual([]);
  });
});

describe('a circle', () => {
  it('is found, once, and a detour is none', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'] as const;
    const edges = [
      { from: a, to: b },
      { from: b, to: c },
      { from: c, to: a },
      { from: a, to: d },
      { from: c, to: d },
    ];
    expect(cyclesAmong(edges)).toEqual([['a', 'b', 'c']]);
    expect(cyclesAmong(edges.slice(3))).toEqual([]);
  });
});
