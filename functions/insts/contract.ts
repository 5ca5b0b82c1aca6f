import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { KeyOrName, Marker, recordErrors, signedInRead, signedInWrite } from '../records/contract.ts';

/** Insts: named workspaces, in a record or public, whose branches are shared documents. */

/** Characters: names stand in keys. */
const longestName = 256;

export const InstName = () => z.string().check(z.minLength(1), z.maxLength(longestName));

const Inst = () => z.object({ recordName: z.string(), inst: z.string(), markers: z.array(z.string()) });

export const instsContract = {
  operations: {
    listInsts: operation({
      summary: 'List ten insts of a record by name, all of them or those that bear a marker.',
      input: () =>
        z.object({
          recordName: z.optional(z.nullable(KeyOrName()).check(z.describe('Public insts are not listed.'))),
          inst: z.optional(z.nullable(InstName()).check(z.describe('The list goes on after this one.'))),
          marker: z.optional(z.nullable(Marker()).check(z.describe('The whole of it, path included.'))),
        }),
      output: () => z.object({ insts: z.array(Inst()), totalCount: z.int() }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/insts/list' },
      procedure: { name: 'listInsts', origins: 'api' },
    }),
    deleteInst: operation({
      summary: 'Delete an inst with all its branches. One that is not there has been deleted already.',
      input: () =>
        z
          .object({
            recordName: z.optional(KeyOrName()),
            recordKey: z.optional(KeyOrName().check(z.describe('Instead of recordName.'))),
            inst: InstName(),
          })
          .check(
            z.meta({ examples: [{ recordName: 'record', inst: 'inst' }] }),
            z.refine(({ recordName, recordKey }) => recordName !== undefined || recordKey !== undefined, {
              error: 'either recordName or recordKey has to be given',
              path: ['recordName'],
            }),
          ),
      output: () => z.object({}),
      access: signedInWrite,
      errors: recordErrors,
      http: { method: 'DELETE', path: '/api/v2/records/insts' },
      procedure: { name: 'deleteInst', origins: 'account' },
    }),
    getPublicInstOptions: operation({
      summary: 'How long insts live that belong to no record.',
      input: () => z.object({}),
      output: () =>
        z.object({
          lifetimeSeconds: z.nullable(z.int()).check(z.describe('Null: for good.')),
          expireMode: z
            .nullable(z.enum(['NX', 'XX', 'GT']))
            .check(z.describe('`NX`: counted from the first update, else from the last one.')),
        }),
      access: { caller: 'anyone', scope: 'read' },
      errors: ['not_supported', 'unacceptable_session_key', 'invalid_key', 'session_expired', 'user_is_banned'],
      procedure: { name: 'getPublicInstOptions', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
