import type { SocketBinding } from '../../functions/core/contract.ts';
import type { JsonSchema } from './json-schema.ts';

/** What the documents say of a dialect beyond its messages; a new dialect does not compile before it is described. */
export interface DialectNotes {
  /** Where its clients connect. */
  readonly path: `/${string}`;
  readonly description: string;
  /** A whole frame around a payload. */
  frame(type: string, payload: JsonSchema, isPayloadNeeded: boolean): JsonSchema;
}

export const dialectNotes = {
  openlivesync: {
    path: '/live',
    description:
      'JSON text frames {type, payload}, without ids or acknowledgements. One room per socket at a time; frames outside a room are ignored. Paths that belong to no other protocol speak this one too.',
    frame: (type, payload, isPayloadNeeded) => ({
      type: 'object',
      properties: { type: { const: type }, payload },
      required: ['type', ...(isPayloadNeeded ? ['payload'] : [])],
    }),
  },
} as const satisfies Record<SocketBinding['dialect'], DialectNotes>;
