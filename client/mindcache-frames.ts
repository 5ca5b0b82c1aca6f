import { fromBase64, toBase64 } from 'lib0/buffer';
import type { Id } from './yjs-frames.ts';
import type { Elsewhere } from './yjs-incoming.ts';
import { readSyncMessage, type SyncMessage, writeSyncMessage, type YjsMessage } from './yjs-message.ts';

/** Frames of an instance's socket as text, as far as they concern who edits it as a document. */

export type InstanceFrame =
  | { readonly type: 'yjs'; readonly message: SyncMessage }
  | { readonly type: 'saved'; readonly id: Id }
  | { readonly type: 'upload'; readonly id: Id; readonly url: string }
  | { readonly type: 'refused'; readonly id: Id; readonly code: string }
  /** For the client itself. */
  | { readonly type: 'text'; readonly text: string };

/** @param id of an update whose sender wants to hear what becomes of it */
export const instanceFrame = (message: YjsMessage, id?: Id): string =>
  JSON.stringify({ type: 'yjs', data: toBase64(writeSyncMessage(message)), id });

/** What else a document's client is told. */
const forClients: readonly (string | undefined)[] = ['auth_success', 'auth_error', 'error', 'pong'];

/** @returns undefined for what is said to those who know keys, and for what is no frame */
export function parseInstanceFrame(text: string): InstanceFrame | Elsewhere | undefined {
  try {
    // The server's word is taken; what it does not say is undefined.
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

/** Refusals that pass, as those who wait for an answer know them. */
const troubles: Readonly<Record<string, string>> = {
  INTERNAL: 'server_error',
  LIMIT_EXCEEDED: 'rate_limit_exceeded',
};

/** A frame that lies in the deployment's object store. @throws Error when there is none */
export async function fetchInstanceFrame(own: typeof fetch, url: string): Promise<InstanceFrame> {
  const answer = await own(url);
  const found = answer.ok ? parseInstanceFrame(await answer.text()) : undefined;
  if (found && found.type !== 'elsewhere') return found;
  throw new Error(`There is no frame: the object store answered ${answer.status}.`);
}
