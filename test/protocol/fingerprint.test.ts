import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import * as z from 'zod/mini';
import { fingerprint } from '../../build/docs/fingerprint.ts';
import { operation } from '../../functions/core/contract.ts';
import { protocol } from '../../functions/protocol.ts';

const pinned: Record<string, string> = JSON.parse(
  readFileSync(new URL('fingerprint.json', import.meta.url), 'utf8'), // written by the command below
);

it('every shape is the one that clients know', () => {
  const current = fingerprint(protocol);
  const names = [...new Set([...Object.keys(pinned), ...Object.keys(current)])];
  const changed = names.filter((name) => pinned[name] !== current[name]);
  if (changed.length === 0) return;
  throw new Error(
    `What clients see has changed: ${changed.join(', ')}. Clients we did not write notice every renamed field. If that ` +
      'was not meant, undo it. If it was: add what clients may ignore, or a new operation beside the old one; then run ' +
      '"npm run docs -- --pin", commit test/protocol/fingerprint.json, and say in the commit what a client notices.',
  );
});

it('sentences may change, names may not', () => {
  const { about } = protocol;
  const { health } = about.operations;
  const of = (changed: object) =>
    fingerprint({ about: { ...about, operations: { ...about.operations, health: { ...health, ...changed } } } });
  expect(of({ summary: 'Another sentence.' })).toEqual(of({}));
  expect(of({ output: health.output.check(z.describe('Another one.')) })).toEqual(of({}));
  const renamed = operation({
    ...health,
    input: () => health.input,
    output: () => z.extend(health.output, { state: health.output.shape.status }),
  });
  expect(of({ output: renamed.output })).not.toEqual(of({}));
  expect(of({ http: { method: 'GET', path: '/healthy' } })).not.toEqual(of({}));
});
