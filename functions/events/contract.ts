import * as z from 'zod/mini';
import type { Contract } from '../core/contract.ts';
import { operation } from '../core/contract.ts';
import { AskingInstances, KeyOrName, Markers, mayRead, mayWrite, recordErrors } from '../records/contract.ts';

/** Events: counters by name. A counter to which nobody has added yet reads as 0, and everyone may read it. */

const EventName = () => z.string().check(z.minLength(1), z.maxLength(128));

/** Limited to what DynamoDB, whose numbers have 38 digits, adds up exactly. */
const Count = () =>
  z.number().check(
    z.minimum(Number.MIN_SAFE_INTEGER),
    z.maximum(Number.MAX_SAFE_INTEGER),
    z.refine((count) => count === 0 || Math.abs(count) >= 1e-9, 'a count is 0, or not nearer to it than 1e-9'),
    z.describe('Any number; a negative one subtracts.'),
  );

const Event = () => z.object({ eventName: z.string(), count: z.number(), markers: z.array(z.string()) });

const writeErrors = [...recordErrors, 'subscription_limit_reached', 'conflict'] as const;

export const eventsContract = {
  operations: {
    addEventCount: operation({
      summary:
        'Add to the count of an event. With the header `Idempotency-Key`, a repeated request within a day adds nothing.',
      input: () =>
        z.object({ recordKey: KeyOrName(), eventName: EventName(), count: Count(), instances: AskingInstances() }),
      output: () => z.object({ recordName: z.string(), eventName: z.string(), countAdded: z.number() }),
      access: mayWrite,
      errors: writeErrors,
      http: { method: 'POST', path: '/api/v2/records/events/count' },
      procedure: { name: 'addEventCount', origins: 'api' },
    }),
    getEventCount: operation({
      summary: 'Read the count of an event.',
      input: () => z.object({ recordName: KeyOrName(), eventName: EventName(), instances: AskingInstances() }),
      output: () => z.extend(Event(), { recordName: z.string() }),
      access: mayRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/events/count' },
      procedure: { name: 'getEventCount', origins: 'api' },
    }),
    updateEvent: operation({
      summary: 'Set the count of an event, or its markers, or both.',
      input: () =>
        z.object({
          recordKey: KeyOrName(),
          eventName: EventName(),
          count: z.optional(z.nullable(Count())),
          markers: z.optional(z.nullable(Markers())),
          instances: AskingInstances(),
        }),
      output: () => z.object({}),
      access: mayWrite,
      errors: writeErrors,
      http: { method: 'POST', path: '/api/v2/records/events' },
      procedure: { name: 'updateEvent', origins: 'api' },
    }),
    listEvents: operation({
      summary: 'List ten events of a record in the order of their names.',
      input: () =>
        z.object({
          recordName: KeyOrName(),
          eventName: z.optional(z.nullable(EventName()).check(z.describe('Continue the list after this event.'))),
          instances: AskingInstances(),
        }),
      output: () => z.object({ events: z.array(Event()), totalCount: z.int() }),
      access: mayRead,
      errors: recordErrors,
      http: { method: 'GET', path: '/api/v2/records/events/list' },
      procedure: { name: 'listEvents', origins: 'api' },
    }),
  },
  pushes: {},
} as const satisfies Contract;
