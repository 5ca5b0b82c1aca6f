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

/** The kinds of jobs of the fan-out function, each with its body. Repeating a job does no harm. */
export interface JobBodies {
  /** A frame for one shard of a large channel. */
  readonly post: PostBody;
  /** A channel's window has ended. */
  readonly flush: FlushBody;
  /** An entry for members who were joining when it was written. */
  readonly late: LateBody;
  /** Entries that a joiner missed, because their writers had not finished. */
  readonly 'catch-up': CatchUpBody;
  /** A document was emptied. */
  readonly 'sweep-log': SweepBody;
  /** A credential was revoked. */
  readonly 'close-sockets': CloseSocketsBody;
  /** A project, an instance or a group was deleted. */
  readonly 'erase-project': EraseProjectBody;
  readonly 'erase-instance': EraseInstanceBody;
  readonly 'erase-group': EraseGroupBody;
  /** A user may have lost access. */
  readonly 'recheck-access': RecheckBody;
  /** A bucket was cleared. */
  readonly 'erase-rows': EraseRowsBody;
  /** A bucket's definition was changed, and its rows must follow. */
  readonly 'finish-bucket': FinishBucketBody;
  /** An event for one shard of many listeners. */
  readonly event: EventBody;
  /** Rules that a handler left to this job for lack of time. */
  readonly rules: ChainBody;
  /** The value of a memory key, for one shard of many listeners. */
  readonly 'memory-key': TellKeyBody;
  /** A handler may have died after it changed a memory key, before it told the listeners. */
  readonly 'memory-untold': UntoldBody;
  /** The keys and the document of an instance may have to be synchronized. */
  readonly 'memory-bridge': BridgeBody;
  /** Rows of memory keys that no longer count. */
  readonly 'memory-drop': DropKeysBody;
  /** All keys of a large instance, for a connection that was opened. */
  readonly 'memory-sync': Syncing;
  /** A socket of an instance may still be without an identity. */
  readonly 'memory-stranger': StrangerBody;
  /** A webhook delivery that failed is due for a retry. */
  readonly 'webhook-due': WebhookDueBody;
  /** A timer runs out. */
  readonly timer: TimerBody;
  /** An event that a rule waits for did not come in time. */
  readonly absence: AbsenceBody;
  /** The result of a live query may have changed. */
  readonly query: RefreshBody;
  /** The result of a live query has changed, for one shard of many subscribers. */
  readonly 'query-push': PushBody;
  /** Offers the newest result again to a subscriber that was too slow. */
  readonly 'query-slow': SlowBody;
  /** Offers an answer again to a client that was briefly too slow. */
  readonly 'owed-answer': OwedBody;
  /** Watchers of nodes must be told of changes. */
  readonly 'nodes-changed': BellBody;
  /** The same frame for one shard of many. */
  readonly 'nodes-tell': TellBody;
}

/** How often waiting jobs look again. They stop once a reader may seal the missing entries. */
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
