import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { KeyOrName, Marker, recordErrors, signedInRead, signedInWrite } from '../records/contract.ts';

/** Insts: named workspaces, in a record or public, whose branches are shared documents. */

/** In characters. Names are limited because they are part of DynamoDB keys. */
const longestName = 256;

export const InstName = () => z.string().check(z.minLength(1), z.maxLength(longestName));

const Inst = () => z.object({ recordName: z.string(), inst: z.string(), markers: z.array(z.string()) });

export const instsContract = {
  operations: {
    listInsts: operation({
      summary: 'List ten insts of a record in the order of their names: all of them, or those with a marker.',
      input: () =>
        z.object({
          recordName: z.optional(
            z
              .nullable(KeyOrName())
              .check(z.describe('Absent or null gives an empty list: public insts are not listed.')),
          ),
          inst: z.optional(z.nullable(InstName()).check(z.describe('Continue the list after this inst.'))),
          marker: z.optional(z.nullable(Marker()).check(z.describe('The full marker, including its path.'))),
        }),
      output: () => z.object({ insts: z.array(Inst()), totalCount: z.int() }),
      access: signedInRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/insts/list' },
      procedure: { name: 'listInsts', origins: 'api' },
    }),
    deleteInst: operation({
      summary: 'Delete an inst with all its branches. Deleting an inst that does not exist succeeds.',
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
      summary: 'Read how long public insts (those without a record) live.',
      input: () => z.object({}),
      output: () =>
        z.object({
          lifetimeSeconds: z.nullable(z.int()).check(z.describe('Null: public insts do not expire.')),
          expireMode: z
            .nullable(z.enum(['NX', 'XX', 'GT']))
            .check(z.describe('`NX`: the lifetime counts from the first update; otherwise from the last one.')),
        }),
      access: { caller: 'anyone', scope: 'read' },
      errors: ['not_supported', 'unacceptable_session_key', 'invalid_key', 'session_expired', 'user_is_banned'],
      procedure: { name: 'getPublicInstOptions', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
