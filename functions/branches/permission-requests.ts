import { messageFrame } from '../core/big-frame.ts';
import type { SocketCaller } from '../core/caller.ts';
import { listen, listenersOf, listeningOnly, tell } from '../core/channel/listening.ts';
import { channelNamed } from '../core/channel-names.ts';
import { Failure } from '../core/errors.ts';
import type { ChannelName } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import { branchKind, channelOf } from './address.ts';
import { branchChannel, speaksCasualos } from './channel.ts';
import { stillAllowed } from './still-allowed.ts';
import { entrant, watcherOf } from './watchers.ts';

/**
 * A user without a permission asks the watchers of an inst for it. The asking connection becomes a member of a channel
 * for exactly this answer. An answer grants nothing by itself, and only watchers of the inst may answer.
 */

/** Connections that wait for the answer to a permission request. */
export const askingChannel = listeningOnly('asking');

interface Matter {
  readonly recordName: string;
  readonly resourceKind: string;
  readonly resourceId: string;
  readonly subjectType: string;
  readonly subjectId: string;
}

export async function requestPermission<Reason extends Matter>(ports: Ports, caller: SocketCaller, reason: Reason) {
  const { recordName, resourceKind, resourceId, subjectType, subjectId } = reason;
  const refused = (errorMessage: string) => ({
    type: 'permission/request/missing/response' as const,
    success: false,
    ...matterOf(reason),
    errorCode: 'unacceptable_request',
    errorMessage,
  });
  const { identity } = caller;
  if (resourceKind !== 'inst' || subjectType !== 'user' || !identity || subjectId !== identity.userId) {
    return refused('Only a permission for an inst can be asked for, and only for oneself.');
  }
  const channel = channelOf({ recordName, inst: resourceId, branch: 'default' }, branchKind);
  const watchers = await listenersOf(ports, channel);
  if (!watchers.some(({ form }) => speaksCasualos(form))) return refused('Nobody is there who could be asked.');
  await listen(ports, askingFor(reason), entrant(caller, 'casualos'));
  const { userId, name = null, email = null } = identity;
  const user = { userId, name, ...(ports.settings.showEmail ? { email } : {}), displayName: name };
  const message = { type: 'permission/request/missing', reason, connection: watcherOf(caller), user };
  const frame = await messageFrame(ports, JSON.stringify(message));
  await tell(ports, branchChannel, channel, frame, `missing:${caller.frame.requestId}`, (listeners) =>
    stillAllowed(
      ports,
      channel,
      listeners.filter(({ form }) => speaksCasualos(form)),
    ),
  );
  return undefined;
}

interface Answer extends Matter {
  readonly success: boolean;
  readonly errorCode?: string | null | undefined;
  readonly errorMessage?: string | null | undefined;
}

/** @throws Failure for callers who do not watch the inst */
export async function answerPermission(ports: Ports, caller: SocketCaller, answer: Answer): Promise<void> {
  const { recordName, resourceId, success, errorCode, errorMessage } = answer;
  const channel = channelOf({ recordName, inst: resourceId, branch: 'default' }, branchKind);
  if (!caller.connection.channels.has(channel)) {
    throw new Failure('not_authorized', 'Only those who watch the inst may answer.', { recordName, inst: resourceId });
  }
  const type = 'permission/request/missing/response';
  const message = { type, success, ...matterOf(answer), errorCode, errorMessage, connection: watcherOf(caller) };
  const frame = await messageFrame(ports, JSON.stringify(message));
  await tell(ports, askingChannel, askingFor(answer), frame, `missing-answer:${caller.frame.requestId}`);
}

const askingFor = (matter: Matter): ChannelName =>
  channelNamed(askingChannel.kind, JSON.stringify(Object.values(matterOf(matter))));

function matterOf({ recordName, resourceKind, resourceId, subjectType, subjectId }: Matter): Matter {
  return { recordName, resourceKind, resourceId, subjectType, subjectId };
}
