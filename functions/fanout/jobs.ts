import { specOf } from '../connections/channels.ts';
import { closeSockets } from '../connections/close-sockets.ts';
import type { OwedBody } from '../connections/owed.ts';
import { offerAnswer } from '../connections/owed.ts';
import type { PostBody } from '../core/channel/delivery.ts';
import { removeGone } from '../core/channel/delivery.ts';
import type { LateBody } from '../core/channel/entry-delivery.ts';
import { deliverToJoiners } from '../core/channel/entry-delivery.ts';
import type { FlushBody } from '../core/channel/flush-queue.ts';
import type { CatchUpBody } from '../core/channel/join.ts';
import { postStretch } from '../core/channel/join.ts';
import { readHead, sealAfterMs } from '../core/channel/log.ts';
import type { SweepBody } from '../core/channel/sweep.ts';
import { sweepLog } from '../core/channel/sweep.ts';
import { flush } from '../core/channel/window.ts';
import type { CloseSocketsBody } from '../core/close-sockets.ts';
import type { Ports } from '../core/ports.ts';
import type { BellBody } from '../doorbell/ring.ts';
import { type TellBody, tell as tellOfNodes, tellWatchers } from '../doorbell/telling.ts';
import type { EraseGroupBody } from '../groups/erase.ts';
import { eraseGroup } from '../groups/erase.ts';
import type { WebhookDueBody } from '../instance-webhooks/delivery.ts';
import { webhookIsDue } from '../instance-webhooks/delivery.ts';
import type { BridgeBody } from '../memory/bridge.ts';
import { lookAgain } from '../memory/bridge.ts';
import type { DropKeysBody } from '../memory/dropping.ts';
import { dropKeys } from '../memory/dropping.ts';
import type { StrangerBody } from '../memory/sockets.ts';
import { endStranger } from '../memory/sockets.ts';
import type { Syncing } from '../memory/syncing.ts';
import { syncLater } from '../memory/syncing.ts';
import type { TellKeyBody } from '../memory/telling.ts';
import { tellKeyTo } from '../memory/telling.ts';
import type { UntoldBody } from '../memory/untold.ts';
import { tellUntold } from '../memory/untold.ts';
import type { EraseInstanceBody, EraseProjectBody } from '../projects/erase.ts';
import { eraseInstance, eraseProject } from '../projects/erase.ts';
import { refresh, refreshLater } from '../queries/refresh.ts';
import type { RefreshBody } from '../queries/refresh-job.ts';
import type { SlowBody } from '../queries/slow.ts';
import { offerAgain } from '../queries/slow.ts';
import type { PushBody } from '../queries/telling-all.ts';
import { push } from '../queries/telling-all.ts';
import type { EventBody } from '../rules/delivery.ts';
import { tell } from '../rules/delivery.ts';
import { goOn } from '../rules/engine.ts';
import type { AbsenceBody } from '../rules/patterns-in-time.ts';
import type { ChainBody } from '../rules/tasks.ts';
import type { TimerBody } from '../rules/timers.ts';
import { absenceIsDue, timerIsDue } from '../rules/waking.ts';
import type { RecheckBody } from '../shares/recheck.ts';
import { recheck } from '../shares/recheck.ts';
import type { EraseRowsBody } from '../store/erase-rows.ts';
import { eraseRows } from '../store/erase-rows.ts';
import type { FinishBucketBody } from '../store/finish-bucket.ts';
import { finishBucket } from '../store/finish-bucket.ts';

/** What the fan-out function can do: each kind of job with its body. Repeats are harmless. */
export interface JobBodies {
  /** A frame for one shard of a large channel. */
  readonly post: PostBody;
  /** A channel's window has ended. */
  readonly flush: FlushBody;
  /** An entry for members who were joining when it was written. */
  readonly late: LateBody;
  /** A joiner's missing entries, whose writers had not finished. */
  readonly 'catch-up': CatchUpBody;
  /** A document was emptied. */
  readonly 'sweep-log': SweepBody;
  /** A credential was revoked. */
  readonly 'close-sockets': CloseSocketsBody;
  /** A project, an instance or a group was deleted. */
  readonly 'erase-project': EraseProjectBody;
  readonly 'erase-instance': EraseInstanceBody;
  readonly 'erase-group': EraseGroupBody;
  /** Somebody may have lost access. */
  readonly 'recheck-access': RecheckBody;
  /** A bucket was cleared. */
  readonly 'erase-rows': EraseRowsBody;
  /** A bucket was changed, and its rows have to follow. */
  readonly 'finish-bucket': FinishBucketBody;
  /** An event for one shard of many listeners. */
  readonly event: EventBody;
  /** Rules that somebody had no time for. */
  readonly rules: ChainBody;
  /** A memory key, to be told to one shard of many listeners. */
  readonly 'memory-key': TellKeyBody;
  /** A memory key may have been changed by somebody who died before telling. */
  readonly 'memory-untold': UntoldBody;
  /** Keys and document of an instance may have to be brought together. */
  readonly 'memory-bridge': BridgeBody;
  /** Rows of memory keys that count no more. */
  readonly 'memory-drop': DropKeysBody;
  /** All keys of an instance, being many, to a connection that was opened. */
  readonly 'memory-sync': Syncing;
  /** A socket of an instance may still be nobody's. */
  readonly 'memory-stranger': StrangerBody;
  /** A webhook that could not be told something is to be tried again. */
  readonly 'webhook-due': WebhookDueBody;
  /** A timer runs out. */
  readonly timer: TimerBody;
  /** An event that a rule waits for has not come in time. */
  readonly absence: AbsenceBody;
  /** The result of a live query may have changed. */
  readonly query: RefreshBody;
  /** It has, for one shard of many subscribers. */
  readonly 'query-push': PushBody;
  /** A subscriber that took nothing more is offered the newest result again. */
  readonly 'query-slow': SlowBody;
  /** A client that was slow for a moment is offered an answer again. */
  readonly 'owed-answer': OwedBody;
  /** Watchers of nodes are to be told what has changed. */
  readonly 'nodes-changed': BellBody;
  /** The same frame for one shard of many. */
  readonly 'nodes-tell': TellBody;
}

/** How often waiting jobs look again; they stop once a reader may seal what is missing. */
const lookEveryMs = 250;

export const jobs: { readonly [Kind in keyof JobBodies]: (ports: Ports, body: JobBodies[Kind]) => Promise<void> } = {
  async post(ports, { channel, to, frame }) {
    const { gone } = await ports.gateway.post(to, frame);
    await removeGone(ports, specOf(channel), channel, gone);
  },

  flush: (ports, body) => flush(ports, specOf(body.channel), body),

  async late(ports, { channel, to, entry }) {
    let joining = to;
    for (let waited = 0; joining.length > 0 && waited < sealAfterMs; waited += lookEveryMs) {
      await ports.clock.wait(lookEveryMs);
      joining = await deliverToJoiners(ports, specOf(channel), channel, entry, joining, false);
    }
  },

  async 'catch-up'(ports, body) {
    const spec = specOf(body.channel);
    let rest = body;
    for (let waited = 0; rest.after < rest.to && waited < 2 * sealAfterMs; waited += lookEveryMs) {
      await ports.clock.wait(lookEveryMs);
      const head = await readHead(ports, body.channel);
      if (!head) return;
      rest = await postStretch(ports, spec, rest, head);
    }
  },

  'sweep-log': (ports, { channel }) => sweepLog(ports, channel),

  'close-sockets': closeSockets,

  'erase-project': eraseProject,

  'erase-instance': eraseInstance,

  'erase-group': eraseGroup,

  'recheck-access': recheck,

  'erase-rows': eraseRows,

  'finish-bucket': finishBucket,

  event: tell,

  rules: goOn,

  'memory-key': tellKeyTo,

  'memory-untold': tellUntold,

  'memory-bridge': lookAgain,

  'memory-drop': dropKeys,

  'memory-sync': syncLater,

  'memory-stranger': endStranger,

  'webhook-due': webhookIsDue,

  timer: timerIsDue,

  absence: absenceIsDue,

  query: refreshLater,

  'query-push': push,

  'nodes-changed': tellWatchers,

  'nodes-tell': tellOfNodes,

  'owed-answer': offerAnswer,

  'query-slow': (ports, body) => offerAgain(ports, body, (instance) => refresh(ports, instance, [])),
};
