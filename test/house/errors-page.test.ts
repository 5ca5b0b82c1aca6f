import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Code, closeReasons, type ErrorKind, errors, Failure } from '../../functions/core/errors.ts';
import { casualos } from '../../functions/wire/casualos.ts';
import { mindcache } from '../../functions/wire/mindcache.ts';
import { noex } from '../../functions/wire/noex.ts';
import { openlivesync } from '../../functions/wire/openlivesync.ts';
import { plain } from '../../functions/wire/plain.ts';
import { root } from './sources.ts';

/** docs/errors.md lists every code, and says what each dialect makes of it. */

const page = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');

/** Cells of the table below a heading, without the last ones, which are prose. */
function rowsBelow(heading: string, cells: number): string[][] {
  const [section = ''] = page.split(`## ${heading}\n`)[1]?.split('\n## ') ?? [];
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, cells + 1)
      .map((cell) => cell.trim()),
  );
}

const failure = (code: Code) => new Failure(code, 'No.');
const codes = Object.keys(errors) as Code[]; // the catalogue's own keys
const kindOf = (code: Code): ErrorKind => errors[code].kind;
const wordOf = (frame: string | undefined): string => /"code":"(\w+)"/.exec(frame ?? '')?.[1] ?? '';

function inCasualos(code: Code): string {
  const { status, body } = casualos.refuse(failure(code));
  const word = /"errorCode":"(\w+)"/.exec(JSON.stringify(body))?.[1];
  return word === code ? `${status}` : `${status} \`${word}\``;
}

describe('the page of errors', () => {
  it('has every code, with its kind and its words for CasualOS and noex', () => {
    expect(rowsBelow('Codes', 4)).toEqual(
      codes.map((code) => [
        `\`${code}\``,
        kindOf(code),
        inCasualos(code),
        `\`${wordOf(noex.refuse(failure(code), undefined))}\``,
      ]),
    );
  });

  it('has every kind, with the words of the dialects that tell kinds', () => {
    const typical: Readonly<Record<ErrorKind, Code>> = {
      invalid: 'unacceptable_request',
      unauthenticated: 'not_logged_in',
      forbidden: 'not_authorized',
      missing: 'not_found',
      conflict: 'conflict',
      too_large: 'too_large',
      rate_limited: 'rate_limit_exceeded',
      unsupported: 'not_supported',
      unavailable: 'service_unavailable',
      internal: 'server_error',
    };
    expect(rowsBelow('Kinds', 6).map(([kind, , ...words]) => [kind, ...words])).toEqual(
      Object.entries(typical).map(([kind, code]) => [
        kind,
        `${plain.refuse(failure(code)).status}`,
        ...[openlivesync, noex, mindcache].map(({ refuse }) => `\`${wordOf(refuse(failure(code), undefined))}\``),
      ]),
    );
  });

  it('has every close code', () => {
    const listed = rowsBelow('Close codes', 2).map((row) => row.join(' '));
    expect(listed.sort()).toEqual(
      Object.values(closeReasons)
        .map(({ code, reason }) => `${code} ${reason}`)
        .sort(),
    );
  });
});
