import * as z from 'zod/mini';
import type { Access, Contract } from '../core/contract.ts';
import { operation, push } from '../core/contract.ts';

/**
 * Branches as CasualOS's clients know them. A branch is a shared document, made of updates that may be applied in any
 * order; clients also send actions to its watchers, and hear who watches. Each message names its branch by record
 * (null: public), inst and branch, and answers repeat these fields. A client logs in first. After a reconnect it
 * watches again, and sends again all updates that the server has not acknowledged.
 */

/** Longer than any name in use, and short enough to be part of a key. */
export const longestName = 256;
/** The most updates that one message may have. */
export const mostUpdates = 10_000;

const Name = () => z.string().check(z.minLength(1), z.maxLength(longestName));
const BranchFields = () => ({
  recordName: z
    .nullable(z.string().check(z.minLength(1), z.maxLength(2_048)))
    .check(
      z.describe(
        'Name of the record that the inst is in, or one of its record keys, from which the server reads only the name; null for public insts.',
      ),
    ),
  inst: Name(),
  branch: Name(),
});
const Updates = () =>
  z
    .array(z.string())
    .check(z.maxLength(mostUpdates), z.describe('Updates of a Yjs document (version 1 of their format), in base64.'));
/** Any JSON, passed on unchanged. */
const Any = () => z.unknown();
const ConnectionInfo = () =>
  z
    .object({
      connectionId: z.string(),
      sessionId: z.nullable(z.string()),
      userId: z.nullable(z.string()),
    })
    .check(z.describe('A connection as its peers see it: its connection id, and the user who is signed in.'));
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
    summary: 'Ask the watchers of an inst for a missing permission. The request itself grants nothing.',
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
        'Watch a branch. The server sends its whole content once, marked as initial, and then all updates and actions of others.',
      access,
      errors: [...refusals, 'subscription_limit_reached'],
      input: () =>
        z.object({
          ...BranchFields(),
          temporary: z.nullish(z.boolean()).check(z.describe('The branch lives until its last watcher has left.')),
          markers: z.nullish(
            z.array(z.string().check(z.minLength(1), z.maxLength(longestName))).check(z.maxLength(32)),
          ),
          protocol: z.nullish(z.string().check(z.maxLength(64))),
          resume: z
            .optional(z.union([z.literal(true), Place()]))
            .check(
              z.describe(
                'True: updates carry their place (epoch and sequence). A place: the server sends only later updates, if it still has them.',
              ),
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
      summary: 'Stop watching a branch: the server sends no more updates or actions of it.',
      access,
      errors: refusals,
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/unwatch_branch' },
    }),
    getUpdates: operation({
      summary: 'Read all updates of a branch, oldest first, with the time of each.',
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
      summary:
        'Add updates. The server stores them durably, broadcasts them to all other watchers, and then acknowledges them.',
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
      summary: 'Send an action to watchers of a branch: to all, to those that an id selects, or to one at random.',
      access: writing,
      errors: [...refusals, 'inst_not_found'],
      input: () => z.object({ ...BranchFields(), action: RemoteAction() }),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/send_action' },
    }),
    watchDevices: operation({
      summary:
        'Subscribe to the presence of a branch: one notice for each current watcher, then one for each who comes or goes.',
      access,
      errors: [...refusals, 'inst_not_found'],
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/watch_branch_devices' },
    }),
    unwatchDevices: operation({
      summary: 'End the subscription to the presence of a branch.',
      access,
      errors: refusals,
      input: () => z.object(BranchFields()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'repo/unwatch_branch_devices' },
    }),
    countConnections: operation({
      summary: 'Count the connections that watch a branch or, if the message names none, all connections.',
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
      summary:
        'Answer a permission request: the server passes the answer on to those who asked. Only watchers of the inst may answer.',
      access: writing,
      errors: ['invalid_connection_state', 'invalid_token', 'not_authorized'],
      input: () => z.object(PermissionAnswer()),
      output: () => z.void(),
      socket: { dialect: 'casualos', type: 'permission/request/missing/response' },
    }),
  },
  pushes: {
    updatesAdded: push({
      summary: 'Updates that other connections added; once after `repo/watch_branch`, the branch’s whole content.',
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
      summary: 'An action that another connection sent to this one.',
      dialect: 'casualos',
      type: 'repo/receive_action',
      payload: () => z.object({ ...BranchFields(), action: DeviceAction() }),
    }),
    connected: push({
      summary: 'A connection watches the branch: already when the subscription began, or since now.',
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
      summary: 'A connection has stopped watching the branch.',
      dialect: 'casualos',
      type: 'repo/disconnected_from_branch',
      payload: () => z.object({ broadcast: z.literal(false), ...BranchFields(), connection: ConnectionInfo() }),
    }),
    permissionRequested: push({
      summary: 'A user asks for a permission in an inst that this connection watches.',
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
      summary: 'The answer to a permission request, and the connection that gave it.',
      dialect: 'casualos',
      type: 'permission/request/missing/response',
      payload: () => z.object({ ...PermissionAnswer(), connection: ConnectionInfo() }),
    }),
  },
} as const satisfies Contract;
