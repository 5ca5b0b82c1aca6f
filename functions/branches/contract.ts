import * as z from 'zod/mini';
import type { Access, Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Branches as CasualOS's clients know them: shared documents made of updates that may be applied in any order, actions sent
 * to those who watch, and who they are. All messages name the branch by record (null: public), inst and branch, and answers
 * repeat that. A client logs in first; after a reconnect it watches again and sends again what was not acknowledged.
 */

/** Longer than any name in use, and short enough to be part of a key. */
export const longestName = 256;
/** Updates in one message. */
export const mostUpdates = 10_000;

const Name = () => z.string().check(z.minLength(1), z.maxLength(longestName));
const BranchFields = () => ({
  recordName: z
    .nullable(z.string().check(z.minLength(1), z.maxLength(2_048)))
    .check(
      z.describe(
        'The record that the inst is in, or a key of it, of which only the name counts; null for public insts.',
      ),
    ),
  inst: Name(),
  branch: Name(),
});
const Updates = () =>
  z
    .array(z.string())
    .check(z.maxLength(mostUpdates), z.describe('Updates of a Yjs document (version 1 of their format), in base64.'));
/** Kept as it is. */
const Any = () => z.unknown();
const ConnectionInfo = () =>
  z
    .object({
      connectionId: z.string(),
      sessionId: z.nullable(z.string()),
      userId: z.nullable(z.string()),
    })
    .check(z.describe('A connection as peers see it: its own id for itself, and who is signed in.'));
const Place = () =>
  z.object({ epoch: z.string().check(z.minLength(1), z.maxLength(64)), sequence: z.int().check(z.minimum(0)) });

const Selector = () => ({
  connectionId: z.nullish(z.string()),
  sessionId: z.nullish(z.string()),
  userId: z.nullish(z.string()),
  broadcast: z.nullish(z.boolean()),
});
const TaskId = () => z.nullish(z.union([z.string(), z.number()]));
const RemoteAction = () =>
  z.union([
    z.object({
      type: z.literal('remote'),
      event: Any(),
      taskId: TaskId(),
      allowBatching: z.nullish(z.boolean()),
      ...Selector(),
    }),
    z.object({ type: z.literal('remote_result'), result: z.optional(Any()), taskId: TaskId(), ...Selector() }),
    z.object({ type: z.literal('remote_error'), error: Any(), taskId: TaskId(), ...Selector() }),
  ]);
const DeviceAction = () =>
  z.object({
    type: z.enum(['device', 'device_result', 'device_error']),
    connection: ConnectionInfo(),
    event: z.optional(Any()),
    result: z.optional(Any()),
    error: z.optional(Any()),
    taskId: TaskId(),
  });

const MissingPermission = () =>
  z.object({
    type: z.literal('missing_permission'),
    recordName: z.string().check(z.maxLength(longestName)),
    resourceKind: z.string().check(z.maxLength(64)),
    resourceId: z.string().check(z.maxLength(2 * longestName)),
    action: z.nullish(z.string().check(z.maxLength(64))),
    subjectType: z.string().check(z.maxLength(64)),
    subjectId: z.string().check(z.maxLength(longestName)),
  });
const PermissionAnswer = () => ({
  success: z.boolean(),
  recordName: z.string().check(z.maxLength(longestName)),
  resourceKind: z.string().check(z.maxLength(64)),
  resourceId: z.string().check(z.maxLength(2 * longestName)),
  subjectType: z.string().check(z.maxLength(64)),
  subjectId: z.string().check(z.maxLength(longestName)),
  errorCode: z.nullish(z.string().check(z.maxLength(64))),
  errorMessage: z.nullish(z.string().check(z.maxLength(1_024))),
});

const access = { caller: 'login', scope: 'read' } as const satisfies Access;
const writing = { caller: 'login', scope: 'write' } as const satisfies Access;
const refusals = [
  'invalid_connection_state',
  'invalid_token',
  'not_authorized',
  'not_logged_in',
  'record_not_found',
] as const;

const missingPermission = (type: 'permission/request/missing' | 'repo/request_missing_permission') =>
  operation({
    summary: 'Ask whoever watches an inst for a permission that was found to be missing. Grants nothing by itself.',
    access: writing,
    errors: ['invalid_connection_state', 'invalid_token'],
    input: () => z.object({ reason: MissingPermission() }),
    output: () =>
      z.optional(z.object({ type: z.literal('permission/request/missing/response'), ...PermissionAnswer() })),
    socket: { dialect: 'casualos', type, reply: 'permission/request/missing/response' },
  });

export const branchesContract = {
  operations: {
    watch: operation({
      summary:
        'Watch a branch: everything in it comes once, marked as initial, and from then on what others add and send.',
      access,
      errors: [...refusals, 'subscription_limit_reached'],
      input: () =>
        z.object({
          ...BranchFields(),
          temporary: z.nullish(z.boolean()).check(z.describe('Lives until its last watcher has left.')),
          markers: z.nullish(
            z.array(z.string().check(z.minLength(1), z.maxLength(longestName))).check(z.maxLength(32)),
          ),
          protocol: z.nullish(z.string().check(z.maxLength(64))),
          resume: z
            .optional(z.union([z.literal(true), Place()]))
            .check(
              z.describe('True: updates carry their place. A place: only what came after it, if that is still known.'),
            ),
        }),
      output: () =>
        z.optional(
          z.object({
            type: z.literal('repo/watch_branch_result'),
            ...BranchFields(),
            success: z.boolean(),
            errorCode: z.optional(z.string()),
            errorMessage: z.optional(z.string()),
            reason: z.optional(Any()),
          }),
        ),
      socket: { dialect: 'casualos', type: 'repo/watch_branch', reply: 'repo/watch_branch_result' },
    }),
    unwatch: operation({
      summary: 'Stop watching: neither updates nor actions come any more.',
      access,
      errors: refusals,
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/unwatch_branch' },
    }),
    getUpdates: operation({
      summary: 'Everything in a branch, oldest first, with the time of each update.',
      access,
      errors: [...refusals, 'inst_not_found'],
      input: () => z.object(BranchFields()),
      output: () =>
        z.object({
          type: z.literal('repo/add_updates'),
          ...BranchFields(),
          updates: Updates(),
          timestamps: z.array(z.number()),
        }),
      socket: { dialect: 'casualos', type: 'repo/get_updates', reply: 'repo/add_updates' },
    }),
    addUpdates: operation({
      summary: 'Add updates: stored for good, then sent to everybody else who watches, then acknowledged.',
      access: writing,
      errors: [...refusals, 'max_size_reached', 'subscription_limit_reached'],
      input: () => z.object({ ...BranchFields(), updates: Updates(), updateId: z.nullish(z.number()) }),
      output: () =>
        z.optional(
          z.object({
            type: z.literal('repo/updates_received'),
            ...BranchFields(),
            updateId: z.number(),
            sequence: z.optional(z.int()),
            errorCode: z.optional(z.literal('max_size_reached')),
            maxBranchSizeInBytes: z.optional(z.int()),
            neededBranchSizeInBytes: z.optional(z.int()),
          }),
        ),
      socket: { dialect: 'casualos', type: 'repo/add_updates', reply: 'repo/updates_received' },
    }),
    sendAction: operation({
      summary: 'Send something to watchers of a branch: all of them, those that an id selects, or one at random.',
      access: writing,
      errors: [...refusals, 'inst_not_found'],
      input: () => z.object({ ...BranchFields(), action: RemoteAction() }),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/send_action' },
    }),
    watchDevices: operation({
      summary: 'Hear who watches a branch: one notice for each who does now, then of everybody who comes and goes.',
      access,
      errors: [...refusals, 'inst_not_found'],
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/watch_branch_devices' },
    }),
    unwatchDevices: operation({
      summary: 'Stop hearing who watches a branch.',
      access,
      errors: refusals,
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/unwatch_branch_devices' },
    }),
    countConnections: operation({
      summary: 'How many connections watch a branch, or, without one, how many there are.',
      access,
      errors: [...refusals, 'inst_not_found'],
      input: () =>
        z.object({
          ...BranchFields(),
          inst: z.nullish(Name()),
          recordName: z.nullish(BranchFields().recordName),
          branch: z.nullish(Name()),
        }),
      output: () =>
        z.object({
          type: z.literal('repo/connection_count'),
          recordName: z.nullish(z.string()),
          inst: z.nullish(z.string()),
          branch: z.nullish(z.string()),
          count: z.int(),
        }),
      socket: { dialect: 'casualos', type: 'repo/connection_count', reply: 'repo/connection_count' },
    }),
    requestPermission: missingPermission('permission/request/missing'),
    requestPermissionAlias: missingPermission('repo/request_missing_permission'),
    answerPermission: operation({
      summary: 'Tell those who asked for a permission what became of it. Only watchers of the inst are heard.',
      access: writing,
      errors: ['invalid_connection_state', 'invalid_token', 'not_authorized'],
      input: () => z.object(PermissionAnswer()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'permission/request/missing/response' },
    }),
  },
  pushes: {
    updatesAdded: push({
      summary: 'Updates that others have added, or, once after watching, everything there is.',
      dialect: 'casualos',
      type: 'repo/add_updates',
      payload: () =>
        z.object({
          ...BranchFields(),
          updates: Updates(),
          initial: z.optional(z.literal(true)),
          epoch: z.optional(z.string()),
          sequence: z.optional(z.int()),
          recovered: z.optional(z.boolean()),
        }),
    }),
    actionReceived: push({
      summary: 'An action for this connection.',
      dialect: 'casualos',
      type: 'repo/receive_action',
      payload: () => z.object({ ...BranchFields(), action: DeviceAction() }),
    }),
    connected: push({
      summary: 'Somebody watches the branch, now or from now on.',
      dialect: 'casualos',
      type: 'repo/connected_to_branch',
      payload: () =>
        z.object({
          broadcast: z.literal(false),
          branch: z.object({
            type: z.literal('repo/watch_branch'),
            ...BranchFields(),
            temporary: z.optional(z.boolean()),
          }),
          connection: ConnectionInfo(),
        }),
    }),
    disconnected: push({
      summary: 'Somebody does not watch the branch any more.',
      dialect: 'casualos',
      type: 'repo/disconnected_from_branch',
      payload: () => z.object({ broadcast: z.literal(false), ...BranchFields(), connection: ConnectionInfo() }),
    }),
    permissionRequested: push({
      summary: 'Somebody asks for a permission in an inst that this connection watches.',
      dialect: 'casualos',
      type: 'permission/request/missing',
      payload: () =>
        z.object({
          reason: MissingPermission(),
          connection: ConnectionInfo(),
          user: z.object({
            userId: z.string(),
            name: z.nullable(z.string()),
            email: z.optional(z.nullable(z.string())),
            displayName: z.nullable(z.string()),
          }),
        }),
    }),
    permissionAnswered: push({
      summary: 'What became of a permission that was asked for, and who says so.',
      dialect: 'casualos',
      type: 'permission/request/missing/response',
      payload: () => z.object({ ...PermissionAnswer(), connection: ConnectionInfo() }),
    }),
  },
} as const satisfies Contract;
