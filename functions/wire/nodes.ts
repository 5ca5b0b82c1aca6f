import { Failure } from '../core/errors.ts';
import { isObject, parseJson } from '../core/json.ts';
import type { Dialect } from './dialect.ts';
import { openlivesync } from './openlivesync.ts';

/**
 * The doorbell of nodes: `{type: "nodes.…", …fields}` both ways, on sockets whose path names no protocol, in addition
 * to the other dialects there. Refusals have the form of rooms.
 */
export const nodes: Dialect = {
  name: 'nodes',
  speaks: () => false,

  decode(text) {
    const message = messageIn(text);
    if (!message) throw new Failure('unknown_message', 'A message of the doorbell is an object with a type.');
    const { type, ...input } = message;
    return { type, input };
  },

  answer: async () => undefined,
  refuse: (failure, frame, situation) => openlivesync.refuse(failure, frame, situation),
  quiet: () => undefined,
};

/** Whether a frame is one of the doorbell's, on paths that name no protocol. */
export function isOfNodes(text: string): boolean {
  try {
    return messageIn(text) !== undefined;
  } catch {
    return false;
  }
}

function messageIn(text: string): { readonly type: string } | undefined {
  const message = parseJson(text);
  if (!isObject(message) || typeof message.type !== 'string' || !message.type.startsWith('nodes.')) return undefined;
  return { ...message, type: message.type };
}
