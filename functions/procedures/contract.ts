import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { JsonObject } from '../core/json-object.ts';

/**
 * Procedures: lists of steps that run on the server, so that one message does several reads and writes. The server
 * stores them by name, and authorizes each step with the caller's permissions.
 */

const access = { caller: 'anyone', scope: 'write' } as const;

const Name = () => z.string().check(z.minLength(1));
const Procedure = () =>
  z
    .unknown()
    .check(
      z.describe('{name, description?, input?: {field: {type, required?, default?}}, steps, transaction?, timeoutMs?}'),
    );

export const proceduresContract = {
  operations: {
    register: operation({
      summary: 'Register a procedure under its name.',
      access,
      errors: ['already_exists', 'unacceptable_procedure'],
      input: () => z.object({ procedure: Procedure() }),
      output: () => z.object({ name: Name(), registered: z.literal(true) }),
      socket: { dialect: 'noex', type: 'procedures.register', reply: 'result', runsIn: 'store' },
    }),
    unregister: operation({
      summary: 'Delete a procedure.',
      access,
      errors: ['not_found'],
      input: () => z.object({ name: Name() }),
      output: () => z.object({ name: Name(), unregistered: z.literal(true) }),
      socket: { dialect: 'noex', type: 'procedures.unregister', reply: 'result', runsIn: 'store' },
    }),
    update: operation({
      summary: 'Replace parts of a procedure; its name stays.',
      access,
      errors: ['not_found', 'unacceptable_procedure'],
      input: () => z.object({ name: Name(), updates: JsonObject() }),
      output: () => z.object({ name: Name(), updated: z.literal(true) }),
      socket: { dialect: 'noex', type: 'procedures.update', reply: 'result', runsIn: 'store' },
    }),
    get: operation({
      summary: 'Read a procedure as it was registered.',
      access: { caller: 'anyone', scope: 'read' },
      errors: ['not_found'],
      input: () => z.object({ name: Name() }),
      output: JsonObject,
      socket: { dialect: 'noex', type: 'procedures.get', reply: 'result', runsIn: 'store' },
    }),
    list: operation({
      summary: 'List all procedures.',
      access,
      errors: [],
      input: () => z.object({}),
      output: () =>
        z.object({
          procedures: z.array(z.object({ name: Name(), description: z.optional(z.string()), stepsCount: z.int() })),
        }),
      socket: { dialect: 'noex', type: 'procedures.list', reply: 'result', runsIn: 'store' },
    }),
    call: operation({
      summary: 'Run a procedure. With `transaction`, either all of its writes take effect or none.',
      access,
      errors: [
        ...(['not_found', 'unacceptable_procedure', 'not_authorized', 'bucket_not_defined', 'conflict'] as const),
        ...(['unacceptable_record', 'already_exists', 'transaction_too_large', 'rules_not_available'] as const),
        'too_large',
      ],
      input: () => z.object({ name: Name(), input: z.optional(z.unknown()) }),
      output: () =>
        z.object({
          success: z.literal(true),
          result: z.optional(z.unknown()).check(z.describe('Value of its return step.')),
          results: JsonObject().check(z.describe('Results of its steps, by name.')),
        }),
      socket: { dialect: 'noex', type: 'procedures.call', reply: 'result', runsIn: 'store' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
