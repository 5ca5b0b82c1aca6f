import type { StoredChatMessage } from '../../client/protocol.ts';
import { RefusedError, Unreachable } from './words.ts';

/** Pages of a room's chat, over HTTP, because a joiner receives only the newest messages. */

/**
 * Up to `limit` messages before the one with the id `before`, oldest first; none when it was the first.
 * @throws RefusedError, Unreachable
 */
export async function readOlder(
  roomId: string,
  before: string,
  limit: number,
  sessionKey: string | undefined,
): Promise<readonly StoredChatMessage[]> {
  const query = new URLSearchParams({ limit: String(limit), before });
  const headers: HeadersInit = sessionKey === undefined ? {} : { Authorization: `Bearer ${sessionKey}` };
  let response: Response;
  let answer: { readonly messages?: readonly StoredChatMessage[]; readonly error?: string };
  try {
    response = await fetch(`/rooms/${encodeURIComponent(roomId)}/chat?${query}`, { headers });
    answer = await response.json();
  } catch (cause) {
    throw new Unreachable('no answer', { cause });
  }
  if (answer.messages) return answer.messages;
  throw new RefusedError(String(response.status), answer.error ?? 'The older messages could not be loaded.');
}
