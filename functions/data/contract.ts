import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { Address, AskingInstances, KeyOrName, Markers, mayRead, mayWrite, recordErrors } from '../records/contract.ts';

/**
 * Data: JSON values by address. There are two spaces with the same rules, which know nothing of each other; manual data is
 * what clients write on an explicit act of a person only.
 */

const UserPolicy = () =>
  z.union([z.literal(true), z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.maxLength(100))]);

const Data = () =>
  z.unknown().check(
    z.refine((value) => value !== undefined, 'any JSON value, null included, has to be given'),
    z.describe('Any JSON value, null included.'),
  );

const place = () => ({ address: Address(), instances: AskingInstances() });

const Recording = () =>
  z.object({
    recordKey: KeyOrName(),
    ...place(),
    data: Data(),
    updatePolicy: z.optional(
      z
        .nullable(UserPolicy())
        .check(z.describe('Who may write to it from now on: everybody who may (true), or these.')),
    ),
    deletePolicy: z.optional(
      z
        .nullable(UserPolicy())
        .check(z.describe('Who may erase it: everybody who may (true), or these, and the owner.')),
    ),
    markers: z.optional(Markers()),
  });

const Recorded = () => z.object({ recordName: z.string(), address: z.string() });

const Found = () =>
  z.object({
    recordName: z.string(),
    data: z.unknown(),
    publisherId: z.nullable(z.string()),
    subjectId: z.nullable(z.string()),
    updatePolicy: UserPolicy(),
    deletePolicy: UserPolicy(),
    markers: z.array(z.string()),
  });

const Listed = () =>
  z.object({
    recordName: z.string(),
    items: z.array(z.object({ address: z.string(), data: z.unknown(), markers: z.array(z.string()) })),
    totalCount: z.int(),
    marker: z.optional(z.string()),
  });

const Reading = () => z.object({ recordName: KeyOrName(), ...place() });
const Erasing = () => z.object({ recordKey: KeyOrName(), ...place() });

const recording = { access: mayWrite, errors: [...recordErrors, 'subscription_limit_reached', 'conflict'] } as const;
const reading = { access: mayRead, errors: [...recordErrors, 'data_not_found'] } as const;
const erasing = { access: mayWrite, errors: [...recordErrors, 'data_not_found', 'conflict'] } as const;

export const dataContract = {
  operations: {
    recordData: operation({
      summary: 'Keep a value under an address; what stood there goes.',
      input: Recording,
      output: Recorded,
      ...recording,
      http: { method: 'POST', path: '/api/v2/records/data' },
      procedure: { name: 'recordData', origins: 'api' },
    }),
    getData: operation({
      summary: 'Read the value at an address.',
      input: Reading,
      output: Found,
      ...reading,
      http: { method: 'GET', path: '/api/v2/records/data' },
      procedure: { name: 'getData', origins: true },
    }),
    listData: operation({
      summary: 'List ten values by address, those of the whole record or those that bear a marker.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          address: z.optional(z.nullable(Address()).check(z.describe('The list goes on after this one.'))),
          marker: z.optional(
            z
              .nullable(z.string().check(z.minLength(1), z.maxLength(100)))
              .check(z.describe('The whole of it, path included.')),
          ),
          sort: z.optional(
            z.nullable(z.enum(['ascending', 'descending'])).check(z.describe('By address; with a marker only.')),
          ),
          instances: AskingInstances(),
        }),
      output: Listed,
      access: mayRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/data/list' },
      procedure: { name: 'listData', origins: true },
    }),
    eraseData: operation({
      summary: 'Erase the value at an address.',
      input: Erasing,
      output: Recorded,
      ...erasing,
      http: { method: 'DELETE', path: '/api/v2/records/data' },
      procedure: { name: 'eraseData', origins: 'api' },
    }),
    recordManualData: operation({
      summary: 'Keep a value under an address of the manual space; what stood there goes.',
      input: Recording,
      output: Recorded,
      ...recording,
      http: { method: 'POST', path: '/api/v2/records/manual/data' },
      procedure: { name: 'recordManualData', origins: 'api' },
    }),
    getManualData: operation({
      summary: 'Read the value at an address of the manual space.',
      input: Reading,
      output: Found,
      ...reading,
      http: { method: 'GET', path: '/api/v2/records/manual/data' },
      procedure: { name: 'getManualData', origins: true },
    }),
    deleteManualData: operation({
      summary: 'Erase the value at an address of the manual space.',
      input: Erasing,
      output: Recorded,
      ...erasing,
      http: { method: 'DELETE', path: '/api/v2/records/manual/data' },
      procedure: { name: 'deleteManualData', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
