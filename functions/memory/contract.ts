import * as z from 'zod/mini';
import { type Contract, operation, push } from '../core/contract.ts';
import { isObject } from '../core/json.ts';
import { Id } from '../projects/contract.ts';

/**
 * The memory of an instance: named JSON values, in the protocol of MindCache's clients. All connected clients see them
 * change. Each change has a version, an integer that rises within the instance; of two writes the later version wins.
 * Times on the socket and in entries are milliseconds since 1970.
 */

const Name = () =>
  z.string().check(z.describe('1 to 512 bytes of UTF-8; not `$date` or `$time`, which templates know.'));
const Value = () =>
  z.unknown().check(
    z.refine((value) => value !== undefined, 'any JSON value, null included, has to be given'),
    z.describe('Any JSON value, null included.'),
  );
/** Stored member for member, because a schema that rebuilds objects would lose keys like `__proto__`. */
const Attributes = () =>
  z.custom<Record<string, unknown>>(isObject, { error: 'expected an object' }).check(
    z.meta({
      type: 'object',
      description:
        'Known members: type (text, json, image, file, markdown, document), contentType, readonly (for models), visible, hardcoded, template, tags, contentTags, systemTags, zIndex. Others are kept as they are. What is left out stays what it is.',
    }),
  );
const Version = () => z.int().check(z.describe('Rises with every change within the instance.'));
const Milliseconds = () => z.int().check(z.describe('Milliseconds since 1970, by our clock.'));
const Seconds = () => z.int().check(z.describe('Seconds since 1970.'));
const ClientTime = () => z.optional(z.unknown()).check(z.describe('The client’s clock. The server ignores it.'));

const ValueRef = () =>
  z.object({
    url: z.string().check(z.describe('A GET without credentials brings the JSON of the value.')),
    size: z.int().check(z.describe('Of that JSON, in bytes.')),
    sha256: z.string(),
    expiresAt: Seconds(),
  });

const entryFields = () => ({
  value: z.unknown().check(z.describe('The value; where it is too large, the address of its JSON.')),
  valueRef: z.optional(ValueRef()),
  attributes: Attributes(),
  version: Version(),
});
const Entry = () => z.object({ ...entryFields(), updatedAt: Milliseconds() });
export const Keys = () => z.record(z.string(), Entry());

const within = 'instances';
const reads = { access: { caller: 'user', scope: 'read', within }, runsIn: 'instances' } as const;
const writes = { access: { caller: 'user', scope: 'write', within }, runsIn: 'instances' } as const;
const administers = { access: { caller: 'user', scope: 'admin', within }, runsIn: 'instances' } as const;
const httpErrors = ['not_found', 'not_authorized', 'not_logged_in'] as const;
const keyErrors = ['invalid_memory_key', 'instance_readonly', 'value_too_large', 'limit_exceeded', 'conflict'] as const;
const changeErrors = [...httpErrors, ...keyErrors] as const;

/** A credential does not tell what its user may do in an instance, so the operations check that. */
const overSocket = { access: { caller: 'user', scope: 'read', within } } as const;
const atOnce = { access: { caller: 'anyone', scope: 'read', within } } as const;
const dialect = 'mindcache';

/** Whole numbers as a query spells them. */
const QueryNumber = () =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,5}$/, 'expected a whole number')),
    z.pipe(z.transform(Number), z.number().check(z.minimum(1), z.maximum(10_000))),
  );

export const memoryContract = {
  operations: {
    listKeys: operation({
      summary: 'The keys of an instance, by `zIndex` and name.',
      input: () =>
        z.object({
          id: Id(),
          limit: z.optional(QueryNumber()).check(z.describe('How many at most; fewer where they are large.')),
          cursor: z.optional(z.string().check(z.maxLength(2048))).check(z.describe('`next` of an earlier answer.')),
        }),
      output: () =>
        z.object({
          keys: Keys(),
          version: Version().check(z.describe('The highest that the list includes.')),
          next: z.optional(z.string()).check(z.describe('There are more.')),
        }),
      ...reads,
      errors: httpErrors,
      http: { method: 'GET', path: '/api/instances/{id}/keys' },
    }),
    readKey: operation({
      summary: 'One key, with its value up to 4 MiB of JSON, else with a reference to it.',
      input: () => z.object({ id: Id(), key: Name() }),
      output: () => z.object({ key: Name(), ...entryFields(), updatedAt: Milliseconds() }),
      ...reads,
      errors: [...httpErrors, 'invalid_memory_key'],
      http: { method: 'GET', path: '/api/instances/{id}/keys/{key}' },
    }),
    putKey: operation({
      summary: 'Set a key to a value, or to what an upload holds. Every connection of the instance gets the change.',
      input: () =>
        z.object({
          id: Id(),
          key: Name(),
          value: z.optional(z.unknown()).check(z.describe('Any JSON value, null included, up to 4 MiB of JSON.')),
          uploadId: z.optional(z.string().check(z.maxLength(64))),
          attributes: z.optional(Attributes()),
          ifVersion: z
            .optional(z.int().check(z.minimum(0)))
            .check(z.describe('0: only if it does not exist. Else only if this is its version.')),
        }),
      output: () => z.object({ success: z.literal(true), key: Name(), version: Version(), updatedAt: Milliseconds() }),
      ...writes,
      errors: changeErrors,
      http: { method: 'PUT', path: '/api/instances/{id}/keys/{key}' },
    }),
    deleteKey: operation({
      summary: 'Delete a key. One that is not there is no error.',
      input: () => z.object({ id: Id(), key: Name() }),
      output: () => z.object({ success: z.literal(true), version: Version() }),
      ...writes,
      errors: [...httpErrors, 'invalid_memory_key', 'instance_readonly'],
      http: { method: 'DELETE', path: '/api/instances/{id}/keys/{key}' },
    }),
    clearKeys: operation({
      summary: 'Delete all keys of an instance.',
      input: () => z.object({ id: Id() }),
      output: () => z.object({ success: z.literal(true), version: Version() }),
      ...administers,
      errors: [...httpErrors, 'instance_readonly'],
      http: { method: 'DELETE', path: '/api/instances/{id}/keys' },
    }),
    uploadKey: operation({
      summary:
        'Where to put the JSON of a value that is too large for a request; a PUT of the key with the id follows.',
      input: () =>
        z.object({
          id: Id(),
          key: Name(),
          size: z.int().check(z.minimum(1), z.describe('Of the JSON, in bytes: 25 MiB at most.')),
          sha256: z.optional(z.string().check(z.regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hexadecimal digits'))),
        }),
      output: () =>
        z.object({
          uploadId: z.string(),
          url: z.string(),
          method: z.literal('PUT'),
          headers: z.record(z.string(), z.string()).check(z.describe('Send these with the upload, unchanged.')),
          expiresAt: Seconds(),
        }),
      ...writes,
      errors: changeErrors,
      http: { method: 'POST', path: '/api/instances/{id}/keys/{key}/upload' },
    }),
    authenticate: operation({
      summary: 'Authenticate a socket that was opened without a credential, or authenticate it again.',
      // Anything but text is treated like an unknown credential.
      input: () =>
        z.object({ apiKey: z.catch(z.string(), '').check(z.describe('An API key, a session key or a JWT.')) }),
      output: () => z.void(),
      ...atOnce,
      errors: ['invalid_key', 'session_expired', 'not_authorized', 'not_found'],
      socket: { dialect, type: 'auth', ordered: true },
    }),
    set: operation({
      summary: 'Set a key. The sender gets the change like every other connection: that is the acknowledgement.',
      input: () =>
        z.object({ key: Name(), value: Value(), attributes: z.optional(Attributes()), timestamp: ClientTime() }),
      output: () => z.void(),
      ...overSocket,
      errors: changeErrors,
      socket: { dialect, type: 'set', ordered: true },
    }),
    delete: operation({
      summary: 'Delete a key. One that is not there is no error.',
      input: () => z.object({ key: Name(), timestamp: ClientTime() }),
      output: () => z.void(),
      ...overSocket,
      errors: [...httpErrors, 'invalid_memory_key', 'instance_readonly'],
      socket: { dialect, type: 'delete', ordered: true },
    }),
    clear: operation({
      summary: 'Delete all keys of the instance.',
      input: () => z.object({ timestamp: ClientTime() }),
      output: () => z.void(),
      ...overSocket,
      errors: [...httpErrors, 'instance_readonly'],
      socket: { dialect, type: 'clear', ordered: true },
    }),
    ping: operation({
      summary: 'Check that the server answers.',
      input: () => z.object({}),
      output: () => z.object({ type: z.literal('pong') }),
      ...atOnce,
      errors: [],
      socket: { dialect, type: 'ping', reply: 'pong' },
    }),
  },
  pushes: {
    authSuccess: push({
      summary: 'The connection is authenticated and gets the changes of the instance from now on. `sync` follows.',
      dialect,
      type: 'auth_success',
      payload: () =>
        z.object({ instanceId: z.string(), userId: z.string(), permission: z.enum(['read', 'write', 'admin']) }),
    }),
    authError: push({
      summary: 'The credential does not open this instance. The server closes the socket.',
      dialect,
      type: 'auth_error',
      payload: () =>
        z.object({
          error: z.string(),
          code: z.enum(['INVALID_KEY', 'EXPIRED', 'NO_ACCESS', 'INSTANCE_NOT_FOUND']),
        }),
    }),
    sync: push({
      summary: 'All keys of the instance, in as many frames as they need.',
      dialect,
      type: 'sync',
      payload: () =>
        z.object({
          data: z.record(z.string(), Entry()),
          instanceId: z.string(),
          version: Version().check(z.describe('The highest that the snapshot includes.')),
          part: z.optional(z.int()).check(z.describe('From 1; absent where there is one frame.')),
          parts: z.optional(z.int()),
        }),
    }),
    keyUpdated: push({
      summary: 'A key has been set.',
      dialect,
      type: 'key_updated',
      payload: () => z.object({ key: Name(), ...entryFields(), updatedBy: z.string(), timestamp: Milliseconds() }),
    }),
    keyDeleted: push({
      summary: 'A key has been deleted.',
      dialect,
      type: 'key_deleted',
      payload: () => z.object({ key: Name(), deletedBy: z.string(), timestamp: Milliseconds(), version: Version() }),
    }),
    cleared: push({
      summary: 'All keys with a lower version have been deleted.',
      dialect,
      type: 'cleared',
      payload: () => z.object({ clearedBy: z.string(), timestamp: Milliseconds(), version: Version() }),
    }),
  },
} as const satisfies Contract;
