import { fromBase64, toBase64 } from 'lib0/buffer';
import type { Id } from './yjs-frames.ts';
import type { Elsewhere } from './yjs-incoming.ts';
import { readSyncMessage, type SyncMessage, writeSyncMessage, type YjsMessage } from './yjs-message.ts';

/** Text frames of an instance's socket, for clients that edit it as a document. */

export type InstanceFrame =
  | { readonly type: 'yjs'; readonly message: SyncMessage }
  | { readonly type: 'saved'; readonly id: Id }
  | { readonly type: 'upload'; readonly id: Id; readonly url: string }
  | { readonly type: 'refused'; readonly id: Id; readonly code: string }
  /** A frame that the client itself handles. */
  | { readonly type: 'text'; readonly text: string };

/** @param id of an update for which its sender wants an acknowledgement */
export const instanceFrame = (message: YjsMessage, id?: Id): string =>
  JSON.stringify({ type: 'yjs', data: toBase64(writeSyncMessage(message)), id });

/** Other frames that a document's client receives. */
const forClients: readonly (string | undefined)[] = ['auth_success', 'auth_error', 'error', 'pong'];

/** @returns undefined for frames of clients that use keys, and for texts that are no frames */
export function parseInstanceFrame(text: string): InstanceFrame | Elsewhere | undefined {
  try {
    // The server is trusted; absent fields are undefined.
    const { type, data, id, url, code } = JSON.parse(text) as Record<string, string>;
    if (type === 'yjs' && url !== undefined) return { type: 'elsewhere', url };
    if (type === 'yjs' && data !== undefined) {
      const message = readSyncMessage(fromBase64(data));
      return message && { type, message };
    }
    if (type === 'saved' && id !== undefined) return { type, id };
    if (type === 'upload' && id !== undefined && url !== undefined) return { type, id, url };
    if (type === 'error' && id !== undefined) return { type: 'refused', id, code: troubles[code ?? ''] ?? 'refused' };
    return forClients.includes(type) ? { type: 'text', text } : undefined;
  } catch {
    return undefined;
  }
}

/** Temporary refusals, with the codes that the outbox knows. */
const troubles: Readonly<Record<string, string>> = {
  INTERNAL: 'server_error',
  LIMIT_EXCEEDED: 'rate_limit_exceeded',
};

/** Fetches a frame from the deployment's object store. @throws Error when it does not exist */
export async function fetchInstanceFrame(own: typeof fetch, url: string): Promise<InstanceFrame> {
  const answer = await own(url);
  const found = answer.ok ? parseInstanceFrame(await answer.text()) : undefined;
  if (found && found.type !== 'elsewhere') return found;
  throw new Error(`There is no frame: the object store answered ${answer.status}.`);
}
