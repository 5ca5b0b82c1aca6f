import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { Address, AskingInstances, KeyOrName, Markers, mayRead, mayWrite, recordErrors } from '../records/contract.ts';

/**
 * Data: JSON values by address. There are two separate spaces with the same rules; clients write manual data only when
 * a person explicitly asks for it.
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
        .check(
          z.describe(
            'Who may update the value from now on: true for everyone with the permission, or a list of user ids.',
          ),
        ),
    ),
    deletePolicy: z.optional(
      z
        .nullable(UserPolicy())
        .check(
          z.describe(
            'Who may erase the value: true for everyone with the permission, or a list of user ids. The record’s owner is never excluded.',
          ),
        ),
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
      summary: 'Store a value at an address, replacing any earlier one.',
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
      summary: 'List ten values of a record in the order of their addresses: all of them, or those with a marker.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          address: z.optional(z.nullable(Address()).check(z.describe('Continue the list after this address.'))),
          marker: z.optional(
            z
              .nullable(z.string().check(z.minLength(1), z.maxLength(100)))
              .check(z.describe('The full marker, including its path.')),
          ),
          sort: z.optional(
            z
              .nullable(z.enum(['ascending', 'descending']))
              .check(z.describe('Order by address; only in effect together with `marker`.')),
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
      summary: 'Store a value at an address of the manual space, replacing any earlier one.',
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
