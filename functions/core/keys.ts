import { createHash } from 'node:crypto';
import type { Reach } from './caller.ts';
import type { Owner } from './limits.ts';
import type { ChannelName, ConnectionId, EpochMs, UserId } from './names.ts';
import type { Key } from './table.ts';

/**
 * The plan of both tables: one row per item kind, with its keys, its indexes and its time to live. No key template
 * appears anywhere else, and no prefix serves two kinds. Text that clients choose (room ids, message ids) is the last
 * part of a key or the whole half of one, so that it cannot pose as another key; elsewhere `part` escapes it.
 *
 * | table       | item       | pk                     | sk            | index                               | ttl                 |
 * | ----------- | ---------- | ---------------------- | ------------- | ----------------------------------- | ------------------- |
 * | connections | connection | CONN#connection        | CONN          | gsi1 user, gsi2 quiet since         | start + 2 h 10 min  |
 * | connections | logged in  | LOGGEDIN#shard         | LOGGEDIN      |                                     |                     |
 * | connections | subscribed | SUBSCRIPTIONS#shard    | SUBSCRIPTIONS |                                     |                     |
 * | connections | member     | MEMBER#channel         | connection    |                                     | that of its socket  |
 * | connections | window     | WINDOW#channel         | WINDOW        |                                     | last change + 1 day |
 * | connections | live query | LIVE#instance          | LIVE          |                                     | last socket's + 1 h |
 * | connections | dependent  | DEPENDENTS#what        | instance      |                                     | that of its query   |
 * | connections | awaited    | AWAITED#bucket         | AWAITED       |                                     |                     |
 * | connections | rate       | RATE#source            | window start  |                                     | window + 1 min      |
 * | connections | untold     | UNTOLD#promise         | UNTOLD        |                                     | 1 h                 |
 * | connections | refusal    | REFUSED#connection     | hash          |                                     | 1 min               |
 * | connections | places     | PLACES#ip              | PLACES        |                                     | that of its sockets |
 * | connections | requests   | REQUESTS#source        | REQUESTS      |                                     | window + 1 min      |
 * | connections | watcher    | NODEWATCH#hash         | connection    |                                     | that of its socket  |
 * | connections | waiting    | NODEWAITS#window       | NODEWAITS     |                                     | window + 1 min      |
 * | connections | bell       | BELL                   | BELL          |                                     | last change + 1 day |
 * | table       | head       | HEAD#channel           | HEAD          |                                     |                     |
 * | table       | entry      | LOG#block#channel      | sequence      |                                     | retention, if set   |
 * | table       | snapshot   | SNAP#channel           | sequence#id   |                                     | once a version: days |
 * | table       | once       | ONCE#channel           | message id    |                                     | 10 min              |
 * | table       | user       | USER#user              | USER          |                                     |                     |
 * | table       | login      | USER#user              | LOGIN#request |                                     | 1 day               |
 * | table       | session    | USER#user              | SESSION#id    | gsi1 newest expiry                  | expiry + 30 days    |
 * | table       | address    | ADDR#kind#space#addr   | ADDR          |                                     |                     |
 * | table       | challenge  | USER#user              | CHALLENGE     |                                     | 10 min + 1 day      |
 * | table       | passkey    | USER#user              | PASSKEY#id    |                                     |                     |
 * | table       | credential | CRED#credential id     | CRED          |                                     |                     |
 * | table       | WebAuthn   | WALOGIN#request        | WALOGIN       |                                     | 5 min + 1 day       |
 * | table       | person     | PERSON#issuer#subject  | PERSON        |                                     | when gone: 90 days  |
 * | table       | webhook    | WEBHOOKS#instance      | id            |                                     |                     |
 * | table       | webhook    | WEBHOOKID#id           | WEBHOOKID     |                                     |                     |
 * | table       | untold     | UNDELIVERED#webhook#key | version      |                                     | 7 days              |
 * | table       | given up   | GIVENUP#webhook        | time#id       |                                     | 14 days             |
 * | table       | news taken | TAKEN#sender#id        | TAKEN         |                                     | 7 days              |
 * | table       | record     | REC#name               | REC           | gsi1 owner                          |                     |
 * | table       | record key | REC#name               | KEY#hash      |                                     |                     |
 * | table       | permission | PERM#record            | M#/R#, whom   |                                     |                     |
 * | table       | permission | PERMID#id              | PERMID        |                                     |                     |
 * | table       | role       | ROLE#record            | U#/I#, R#role |                                     | its expiry + 1 day  |
 * | table       | studio     | STUDIO#studio          | MEMBER#user   |                                     |                     |
 * | table       | data       | DATA#record, MDATA#    | address       |                                     |                     |
 * | table       | its marker | DATAM#record#marker    | address       |                                     |                     |
 * | table       | event      | EVENT#record           | name          |                                     |                     |
 * | table       | addition   | EVENTADD#record#event  | who, key      |                                     | 1 day               |
 * | table       | counter    | CNT#record             | of what       |                                     |                     |
 * | table       | loose blob | LOOSE#name             | LOOSE         |                                     | 1 day               |
 * | table       | OpenID     | OIDC#request           | OIDC          |                                     | 1 day               |
 * | table       | OpenID     | OIDCSTATE#state        | OIDCSTATE     |                                     | 1 day               |
 * | table       | API key    | APIKEY#hash            | APIKEY        |                                     |                     |
 * | table       | API key of | APIKEYS#user           | id            |                                     |                     |
 * | table       | file       | FILE#record            | file name     | lsi0 name, once it is there         | 1 day, until then   |
 * | table       | inst       | INSTS#record           | name          |                                     |                     |
 * | table       | its marker | INSTM#record#marker    | name          |                                     |                     |
 * | table       | public one | PUBLICINST#name        | INST          |                                     | lifetime, if set    |
 * | table       | branch     | BRANCHES#generation    | channel, hash |                                     |                     |
 * | table       | erasure    | ERASURE#generation     | ERASURE       |                                     | last step + 1 hour  |
 * | table       | memory key | MEMORY#instance        | its name      |                                     | 1 day, once deleted |
 * | table       | its value  | MEMORYVALUE#inst.#name | VALUE         |                                     |                     |
 * | table       | bridge     | BRIDGE#instance        | BRIDGE        |                                     | 1 day, once erased  |
 * | table       | unbridged  | UNBRIDGED#instance     | ALL, KEY#name |                                     | 30 days             |
 * | table       | upload     | UPLOAD#id              | UPLOAD        |                                     | 1 day               |
 * | table       | usage      | USAGE#owner            | FILES         |                                     |                     |
 * | table       | claim      | USAGE#owner            | FILES#a file  |                                     | 1 day               |
 * | table       | throttle   | THROTTLE#kind#address  | THROTTLE      |                                     | window + 1 min      |
 * | table       | bucket     | BUCKET#bucket          | BUCKET        |                                     |                     |
 * | table       | its name   | BUCKETS                | bucket        |                                     |                     |
 * | table       | unfinished | UNFINISHED             | bucket        |                                     |                     |
 * | table       | row        | ROW#bucket#gen.#shard  | s/n/h:key     | lsi0 time, lsi1-4 a field           | its expiry + 1 h    |
 * | table       | unique     | UNIQUE#bucket#…#value  | UNIQUE        |                                     | that of its row     |
 * | table       | audit      | AUDIT#day              | time#request  | gsi1 until it is finished           | 90 days, or as set  |
 * | table       | numbers    | NUMBERS#bucket         | NUMBERS       |                                     |                     |
 * | table       | size       | SIZE#bucket#generation | SIZE          |                                     |                     |
 * | table       | its part   | SIZE#bucket#generation | shard         |                                     |                     |
 * | table       | query      | QUERIES                | name          |                                     |                     |
 * | table       | procedure  | PROCEDURES             | name          |                                     |                     |
 * | table       | fact       | FACTS#shard            | key           |                                     |                     |
 * | table       | rule       | RULES                  | RULE#id       |                                     |                     |
 * | table       | its switch | RULES                  | SWITCH#id     |                                     |                     |
 * | table       | all rules  | RULES                  | VERSION       |                                     |                     |
 * | table       | timer      | TIMERS#shard           | name          |                                     |                     |
 * | table       | pattern    | PATTERN#hash           | STATE         |                                     | its end + 1 day     |
 * | table       | its event  | PATTERN#hash           | SEEN#time#id  |                                     | window + 1 h        |
 * | table       | node       | NODE#key               | NODE          | gsi1 version, in shards             | once deleted: 1 day |
 * | table       | its number | NODES                  | SEQ, #server  |                                     |                     |
 * | table       | peer       | PEER#server            | PEER          |                                     |                     |
 * | table       | chain      | CHAIN#id               | CHAIN         |                                     | 1 day               |
 * | table       | counts     | RULECOUNTS#shard       | RULECOUNTS    |                                     |                     |
 * | table       | project    | PROJECT#id             | PROJECT       |                                     |                     |
 * | table       | whose      | PROJECTS#user          | project       |                                     |                     |
 * | table       | instance   | INSTANCE#id            | INSTANCE      |                                     |                     |
 * | table       | where      | INSTANCES#project      | instance      |                                     |                     |
 * | table       | share      | SHARES#type#resource   | target        |                                     |                     |
 * | table       | share      | SHAREID#id             | SHAREID       |                                     |                     |
 * | table       | with whom  | SHARED#user/group#id   | type#resource |                                     |                     |
 * | table       | group      | GROUP#id               | GROUP         |                                     |                     |
 * | table       | member     | GROUPMEMBERS#group     | user          |                                     |                     |
 * | table       | groups of  | GROUPS#user            | OWN/IN#group  |                                     |                     |
 * | table       | how many   | OWNED#user             | of what       |                                     |                     |
 * | table       | token      | SOCKETTOKEN#hash       | SOCKETTOKEN   |                                     | expiry + 1 h        |
 * | table       | model use  | MODELUSE#user          | time#id       |                                     | 400 days            |
 * | table       | image job  | IMAGEJOB#id            | IMAGEJOB      |                                     | 1 day               |
 */
export const keys = {
  /** A socket's user and the channels it listens to; read with every frame. */
  connection: (id: ConnectionId): Key => ({ pk: `CONN#${id}`, sk: 'CONN' }),
  /** How many of a shard's sockets have logged in; changed in the same transactions as their rows. */
  loggedIn: (shard: number): Key => ({ pk: `LOGGEDIN#${shard}`, sk: 'LOGGEDIN' }),
  /** How many subscriptions exist, in shards; changed in the same transactions as the rows of their connections. */
  subscriptions: (shard: number): Key => ({ pk: `SUBSCRIPTIONS#${shard}`, sk: 'SUBSCRIPTIONS' }),
  /** A member of a channel; one query lists all members. */
  member: (channel: ChannelName, id: ConnectionId): Key => ({ pk: membersOf(channel), sk: id }),
  /** Whether a channel's changes go out now or wait for the next window. */
  window: (channel: ChannelName): Key => ({ pk: `WINDOW#${channel}`, sk: 'WINDOW' }),
  /**
   * A live query with its parameters: the last result that its subscribers got, and the lease of the handler that
   * evaluates it.
   */
  liveQuery: (instance: string): Key => ({ pk: `LIVE#${instance}`, sk: 'LIVE' }),
  /** That the result of a live query depends on something: a handler that changes it finds the query here. */
  dependent: (what: string, instance: string): Key => ({ pk: dependentsOf(what), sk: instance }),
  /** The kinds of things in a bucket on which live queries depend, each until a time; read with every write. */
  awaited: (bucket: string): Key => ({ pk: `AWAITED#${bucket}`, sk: 'AWAITED' }),
  /** Hits of one source (an address, a connection) in one window. */
  rate: (source: string, windowStart: number): Key => ({ pk: `RATE#${source}`, sk: padded(windowStart) }),
  /** That a handler is about to change a memory key and to broadcast the change. */
  untold: (promise: string): Key => ({ pk: `UNTOLD#${promise}`, sk: 'UNTOLD' }),
  /** That the server has told a socket of exactly this refusal. */
  refusal: (id: ConnectionId, hash: string): Key => ({ pk: `REFUSED#${id}`, sk: hash }),
  /** Which sockets of an address are open, where an application limits them. */
  places: (ip: string): Key => ({ pk: `PLACES#${ip}`, sk: 'PLACES' }),
  /** When a user's (or an address's) last requests were taken, where an application limits them. */
  requests: (source: string): Key => ({ pk: `REQUESTS#${source}`, sk: 'REQUESTS' }),
  /** That a connection watches a node; one query finds all watchers. */
  nodeWatcher: (node: string, id: ConnectionId): Key => ({ pk: nodeWatchersOf(node), sk: id }),
  /** How many requests that began to wait for nodes in one window are still waiting. */
  nodeWaits: (windowStart: number): Key => ({ pk: `NODEWAITS#${windowStart}`, sk: 'NODEWAITS' }),
  /** Watched nodes that have changed since the last push to their watchers. */
  bell: (): Key => ({ pk: 'BELL', sk: 'BELL' }),
  /** Epoch, last sequence number and membership version of a channel. */
  head: (channel: ChannelName): Key => ({ pk: `HEAD#${channel}`, sk: 'HEAD' }),
  /** One log entry. Blocks keep a partition below 10 GB, the limit of a table with local indexes. */
  entry: (channel: ChannelName, sequence: number): Key => ({ pk: blockOf(channel, sequence), sk: padded(sequence) }),
  /** A document's snapshot at a sequence number; one query lists its versions. */
  snapshot: (channel: ChannelName, sequence: number, id: string): Key => ({
    pk: snapshotsOf(channel),
    sk: `${padded(sequence)}#${id}`,
  }),
  /** A message id that a client has already used. */
  once: (channel: ChannelName, messageId: string): Key => ({ pk: `ONCE#${channel}`, sk: messageId }),
  /** A user: profile, role, and when all their sessions were revoked. */
  user: (user: UserId): Key => ({ pk: `USER#${user}`, sk: 'USER' }),
  /** A sign-in code that was sent and not yet entered. */
  login: (user: UserId, requestId: string): Key => ({ pk: `USER#${user}`, sk: `LOGIN#${requestId}` }),
  /** A session; read together with its user for every request with its key. */
  session: (user: UserId, sessionId: string): Key => ({ pk: `USER#${user}`, sk: `${sessionPrefix}${sessionId}` }),
  /** The user who owns an address; `space` separates the platform's accounts from those of a studio. */
  address: (kind: string, space: string, address: string): Key => ({
    pk: `ADDR#${kind}#${space}#${address}`,
    sk: 'ADDR',
  }),
  /** The user who belongs to a token issuer's subject. */
  person: (issuer: string, subject: string): Key => ({
    pk: `PERSON#${part(issuer)}#${subject}`,
    sk: 'PERSON',
  }),
  /** A webhook of an instance; one query lists all of them. */
  webhook: (instance: string, id: string): Key => ({ pk: webhooksOf(instance), sk: id }),
  /** The instance of a webhook, by the webhook id that clients know. */
  webhookId: (id: string): Key => ({ pk: `WEBHOOKID#${id}`, sk: 'WEBHOOKID' }),
  /** Deliveries of one key that a webhook has not received yet, in order. */
  undelivered: (sequence: WebhookSequence, version: number): Key => ({
    pk: undeliveredOf(sequence),
    sk: padded(version),
  }),
  /** Deliveries to a webhook that the server has given up, in order. */
  givenUp: (webhook: string, at: number, id: string): Key => ({ pk: `GIVENUP#${webhook}`, sk: `${padded(at)}#${id}` }),
  /** That a notification which may arrive several times has taken effect. */
  taken: (sender: string, id: string): Key => ({ pk: `TAKEN#${part(sender)}#${id}`, sk: 'TAKEN' }),
  /** An unfinished sign-in at an identity provider. */
  openIdRequest: (requestId: string): Key => ({ pk: `OIDC#${requestId}`, sk: 'OIDC' }),
  /** The same, found by the `state` of the provider's redirect. */
  openIdState: (state: string): Key => ({ pk: `OIDCSTATE#${state}`, sk: 'OIDCSTATE' }),
  /** An API key, found by its hash. */
  apiKey: (hash: string): Key => ({ pk: `APIKEY#${hash}`, sk: 'APIKEY' }),
  /** The same, found by its owner and id. */
  apiKeyOf: (user: UserId, id: string): Key => ({ pk: apiKeysOf(user), sk: id }),
  /** A record and its owner. */
  record: (name: string): Key => ({ pk: `REC#${name}`, sk: 'REC' }),
  /** A key that opens it, found by its hash. */
  recordKey: (record: string, hash: string): Key => ({ pk: `REC#${record}`, sk: `KEY#${hash}` }),
  /**
   * A subject's permission for all resources with a marker, or for one resource. Its key contains all fields, so that a
   * decision fetches only relevant permissions, and granting twice has no further effect.
   */
  permission: (record: string, { on, kind, action, subjectType, subjectId }: PermissionKey): Key => ({
    pk: permissionsIn(record),
    sk: [
      'marker' in on ? `M#${roomyPart(on.marker)}` : `R#${roomyPart(on.resourceId)}`,
      kind,
      action ?? '*',
      subjectType,
      roomyPart(subjectId),
    ].join('#'),
  }),
  /** Where a permission is, by the id that clients know. */
  permissionId: (id: string): Key => ({ pk: `PERMID#${id}`, sk: 'PERMID' }),
  /** A role that a user or an inst has in a record. */
  roleOfSubject: (record: string, subject: RoleSubject, role: string): Key => ({
    pk: rolesIn(record),
    sk: `${rolesOf(subject)}${role}`,
  }),
  /** The same, found by the role. */
  assignmentOfRole: (record: string, role: string, subject: RoleSubject): Key => ({
    pk: rolesIn(record),
    sk: `${assignmentsOf(role)}${subject.type === 'user' ? 'U' : 'I'}#${roomyPart(subject.id)}`,
  }),
  /** A member of a studio, with their role. */
  studioMember: (studio: string, user: UserId): Key => ({ pk: `STUDIO#${studio}`, sk: `MEMBER#${user}` }),
  /** An item of data, in one of two separate spaces. Lists read items by address. */
  data: (space: DataSpace, record: string, address: string): Key => ({ pk: dataIn(space, record), sk: address }),
  /** That an item has a marker: lists by marker read these. */
  dataByMarker: (record: string, marker: string, address: string): Key => ({
    pk: dataMarked(record, marker),
    sk: address,
  }),
  /** A counter of events. Lists read them by name. */
  event: (record: string, name: string): Key => ({ pk: eventsIn(record), sk: name }),
  /** That a caller has added to an event under an idempotency key. */
  eventAddition: (record: string, event: string, who: string, key: string): Key => ({
    pk: `EVENTADD#${part(record)}#${event}`,
    sk: `${part(who)}#${key}`,
  }),
  /**
   * How many things of a kind a record has, or how many of its data items or insts have a marker; written in the same
   * transaction as they.
   */
  counter: (record: string, what: Counted): Key => ({
    pk: `CNT#${record}`,
    sk: typeof what === 'string' ? what : `${what.of ?? 'data'}#${what.marker}`,
  }),
  /** A blob that no item refers to, not yet or no longer: when the row expires, the blob is deleted. */
  looseBlob: (name: string): Key => ({ pk: `LOOSE#${name}`, sk: 'LOOSE' }),
  /** The challenge for a user's next passkey; only the newest is valid. */
  challenge: (user: UserId): Key => ({ pk: `USER#${user}`, sk: 'CHALLENGE' }),
  /** A passkey beside its user: listed with one query. */
  passkey: (user: UserId, id: string): Key => ({ pk: `USER#${user}`, sk: `${passkeyPrefix}${id}` }),
  /** The owner of a passkey, for sign-ins that do not name a user. */
  credential: (credentialId: string): Key => ({ pk: `CRED#${credentialId}`, sk: 'CRED' }),
  /** The challenge of a sign-in with a passkey. */
  webAuthnLogin: (requestId: string): Key => ({ pk: `WALOGIN#${requestId}`, sk: 'WALOGIN' }),
  /** A file, by its name; lists read the index. */
  file: (record: string, name: string): Key => ({ pk: filesIn(record), sk: name }),
  /** A named workspace; lists read those of a record by name. Public ones, which belong to no record, are never listed. */
  inst: (record: string | null, name: string): Key =>
    record === null ? { pk: `${publicInstPrefix}${name}`, sk: 'INST' } : { pk: instsIn(record), sk: name },
  /** That an inst has a marker: lists by marker read these. */
  instByMarker: (record: string, marker: string, name: string): Key => ({ pk: instsMarked(record, marker), sk: name }),
  /**
   * A branch that was used in one generation of an inst, so that erasing the generation finds them all. Its name is an
   * attribute.
   */
  branch: (generation: string, channel: ChannelName): Key => ({ pk: branchesOf(generation), sk: hashed(channel) }),
  /** The progress of erasing a generation of an inst. */
  erasure: (generation: string): Key => ({ pk: `${erasurePrefix}${generation}`, sk: 'ERASURE' }),
  /** A named value of an instance; one query reads them all. Deleted ones stay for a while, with their version. */
  memoryKey: (instance: string, name: string): Key => ({ pk: memoryOf(instance), sk: name }),
  /** The value of a key, where it is too large to stand with the others. */
  memoryValue: (instance: string, name: string): Key => ({ pk: `MEMORYVALUE#${instance}#${name}`, sk: 'VALUE' }),
  /** How far an instance's document and its keys have been synchronized, and the lease of the handler that does so. */
  bridge: (instance: string): Key => ({ pk: `BRIDGE#${instance}`, sk: 'BRIDGE' }),
  /** That a key, or all keys, have yet to be written into the document; one query lists them. */
  unbridged: (instance: string, key: string | null): Key => ({
    pk: unbridgedOf(instance),
    sk: key === null ? 'ALL' : `${unbridgedKey}${key}`,
  }),
  /** A value that a client uploads to the object store, before a key takes it. */
  upload: (id: string): Key => ({ pk: `UPLOAD#${id}`, sk: 'UPLOAD' }),
  /** Number and total bytes of the files that count for an owner's subscription. */
  filesOf: (owner: Owner): Key => ({ pk: usageOf(owner), sk: 'FILES' }),
  /** An owner's file that is not uploaded yet; one query reads all of them, and the totals. */
  fileClaim: (owner: Owner, record: string, name: string): Key => ({
    pk: usageOf(owner),
    sk: `FILES#${part(record)}#${name}`,
  }),
  /** A bucket's definition, and the current generation of its rows; read with every operation on it. */
  bucket: (bucket: string): Key => ({ pk: `BUCKET#${bucket}`, sk: 'BUCKET' }),
  /** That a bucket was defined at run time; one query lists them. */
  bucketName: (bucket: string): Key => ({ pk: definedBuckets, sk: bucket }),
  /** That rows of a bucket have yet to be migrated to its changed definition; one query lists such buckets. */
  unfinishedBucket: (bucket: string): Key => ({ pk: unfinishedBuckets, sk: bucket }),
  /** A record of a bucket, by its key as sortable text. Indexes read records by insertion or by a field. */
  row: (bucket: string, generation: number, keyText: string, shard = 0): Key => ({
    pk: rowsIn(bucket, generation, shard),
    sk: keyText,
  }),
  /** The record that holds a value of a unique field. */
  unique: (bucket: string, generation: number, field: string, valueText: string): Key => ({
    pk: `UNIQUE#${part(bucket)}#${generation}#${roomyPart(field)}#${valueText}`,
    sk: 'UNIQUE',
  }),
  /** The last number that a bucket's counter has assigned. */
  numbers: (bucket: string): Key => ({ pk: `NUMBERS#${bucket}`, sk: 'NUMBERS' }),
  /** How many rows a bounded bucket has. */
  size: (bucket: string, generation: number): Key => ({ pk: sizesOf(bucket, generation), sk: 'SIZE' }),
  /** How many rows of a counted bucket, in shares that add up. */
  share: (bucket: string, generation: number, shard: number): Key => ({
    pk: sizesOf(bucket, generation),
    sk: padded(shard, 2),
  }),
  /** A query that was defined at run time; one query lists them. */
  query: (name: string): Key => ({ pk: definedQueries, sk: name }),
  /** A procedure; one query lists them. */
  procedure: (name: string): Key => ({ pk: registeredProcedures, sk: name }),
  /** A fact, by its key. One query reads a shard, or the facts whose keys share a prefix. */
  fact: (shard: number, key: string): Key => ({ pk: factsIn(shard), sk: key }),
  /** A rule that was registered at run time; one query reads them all, with the switches of those in code. */
  rule: (id: string): Key => ({ pk: rulesPartition, sk: `${rulePrefix}${id}` }),
  /** Whether a rule in code is enabled. */
  ruleSwitch: (id: string): Key => ({ pk: rulesPartition, sk: `${ruleSwitchPrefix}${id}` }),
  /** Changes with every change of a rule; read before rules run. */
  rulesVersion: (): Key => ({ pk: rulesPartition, sk: 'VERSION' }),
  /** A running timer, by its name. */
  timer: (shard: number, name: string): Key => ({ pk: timersIn(shard), sk: name }),
  /** The state of a rule's event pattern, for one group of events. */
  patternState: (place: string): Key => ({ pk: patternAt(place), sk: 'STATE' }),
  /** An event that a pattern has matched, by its time. */
  patternEvent: (place: string, at: number, id: string): Key => ({
    pk: patternAt(place),
    sk: `${patternEventsFrom(at)}#${id}`,
  }),
  /** A node: the version of one of the application's things. */
  node: (key: string): Key => ({ pk: `${nodePrefix}${key}`, sk: 'NODE' }),
  /** The last version assigned to any node; each region has its own counter. */
  nodeSequence: (serverId?: string): Key => ({ pk: 'NODES', sk: serverId === undefined ? 'SEQ' : `SEQ#${serverId}` }),
  /** When a region was last seen alive. */
  peer: (serverId: string): Key => ({ pk: `PEER#${serverId}`, sk: 'PEER' }),
  /** Work of rules that one function hands over to the next. */
  chain: (id: string): Key => ({ pk: `CHAIN#${id}`, sk: 'CHAIN' }),
  /** Statistics of what rules have done, counted in shards. */
  ruleCounts: (shard: number): Key => ({ pk: `RULECOUNTS#${shard}`, sk: 'RULECOUNTS' }),
  /** An entry of the audit log; read a day at a time. */
  audit: (day: number, at: number, requestId: string): Key => ({
    pk: `${auditPrefix}${padded(day, 6)}`,
    sk: `${padded(at)}#${requestId}`,
  }),
  /** A project and its owner. */
  project: (id: string): Key => ({ pk: `PROJECT#${id}`, sk: 'PROJECT' }),
  /** That a user owns a project; one query lists them. */
  projectOf: (owner: UserId, id: string): Key => ({ pk: projectsOf(owner), sk: id }),
  /** An instance, with its owner and project; read with every request for it. */
  instance: (id: string): Key => ({ pk: `INSTANCE#${id}`, sk: 'INSTANCE' }),
  /** That an instance is in a project; one query lists them. */
  instanceIn: (project: string, id: string): Key => ({ pk: instancesIn(project), sk: id }),
  /**
   * A share: a target's permission for a project or an instance. Its key contains the target, so that sharing twice
   * makes one share.
   */
  sharedTo: (resource: Reach, target: ShareTarget): Key => ({ pk: sharesOf(resource), sk: targetText(target) }),
  /** Where a share is, by the id that clients know. */
  shareId: (id: string): Key => ({ pk: `SHAREID#${id}`, sk: 'SHAREID' }),
  /** That something is shared with a user or a group; one query lists it all. */
  sharedWith: (target: SharePartner, { type, id }: Reach): Key => ({ pk: sharedWith(target), sk: `${type}#${id}` }),
  /** A group of users. */
  group: (id: string): Key => ({ pk: `GROUP#${id}`, sk: 'GROUP' }),
  /** That a user is in a group; one query lists its members. */
  groupMember: (group: string, user: UserId): Key => ({ pk: membersOfGroup(group), sk: user }),
  /** The same by user, and the groups that a user owns; lists read either. */
  groupOf: (user: UserId, as: 'owner' | 'member', group: string): Key => ({
    pk: groupsOf(user),
    sk: `${groupsAs(as)}${group}`,
  }),
  /** How many things of a limited kind a user has; written in the same transaction as they. */
  owned: (user: UserId, what: 'projects' | 'groups' | 'apiKeys'): Key => ({ pk: `OWNED#${user}`, sk: what }),
  /** A one-time token that opens a socket; found by its hash. */
  socketToken: (hash: string): Key => ({ pk: `SOCKETTOKEN#${hash}`, sk: 'SOCKETTOKEN' }),
  /** A user's call of an AI model; one query lists them by time. */
  usageRow: (user: UserId, at: EpochMs, id: string): Key => ({ pk: usageRowsOf(user), sk: `${padded(at)}#${id}` }),
  /** The job of generating an image, and its result. */
  imageJob: (id: string): Key => ({ pk: `IMAGEJOB#${id}`, sk: 'IMAGEJOB' }),
  /** When the server last sent codes to an address. */
  throttle: (kind: string, address: string): Key => ({ pk: `THROTTLE#${kind}#${address}`, sk: 'THROTTLE' }),
};

const nodePrefix = 'NODE#';
/** Which node's item it is; the reverse of `keys.node`. */
export const nodeIn = (pk: string): string => pk.slice(nodePrefix.length);
/** Nodes in the order of their versions, in shards; a node is always in the same one. */
export const nodeIndex = {
  shards: 4,
  shardOf: (key: string): string =>
    nodeIndex.shard(createHash('sha1').update(key).digest().readUInt16BE() % nodeIndex.shards),
  shard: (number: number): string => `NODECHG#${number}`,
  version: (version: number): string => padded(version, 16),
};
/** The short form of a node's key, where many are listed. */
export const hashOfNode = (key: string): string => hashed(key);
/** Everybody who watches a node, by its hash. */
export const nodeWatchersOf = (node: string): string => `NODEWATCH#${node}`;

/** A shard of all facts. */
export const factsIn = (shard: number): string => `FACTS#${shard}`;
/** Rules that were registered at run time, and switches of others. */
export const rulesPartition = 'RULES';
/** Begins the sort keys of rules. */
export const rulePrefix = 'RULE#';
/** Begins the sort keys of switches. */
export const ruleSwitchPrefix = 'SWITCH#';
/** A shard of all timers. */
export const timersIn = (shard: number): string => `TIMERS#${shard}`;
/** All items of one group of a rule's pattern. */
export const patternAt = (place: string): string => `PATTERN#${place}`;
/** Lower bound of the sort keys of its events from that time on. */
export const patternEventsFrom = (at: number): string => `SEEN#${padded(at)}`;

/** Begins the sort keys of a user's sessions. */
export const sessionPrefix = 'SESSION#';
/** Begins the sort keys of a user's passkeys. */
export const passkeyPrefix = 'PASSKEY#';

/** Whose row it is; the reverse of `keys.connection`. */
export const connectionIdIn = (pk: string): string => pk.slice('CONN#'.length);

/** A user's sessions by expiry, for listing; those without one sort last. */
export const sessionIndex = {
  ofUser: (user: UserId): string => `SESSIONS#${user}`,
  expiry: (at: number | null): string => padded(at ?? Number.MAX_SAFE_INTEGER, 16),
};

const auditPrefix = 'AUDIT#';
/** Whether it is an entry of the audit log. */
export const isAuditEntry = ({ pk }: Key): boolean => pk.startsWith(auditPrefix);
/** Entries without a result yet; the sort key is when they began. */
export const auditIndex = { open: 'AUDITING' };

/** All projects that a user owns. */
export const projectsOf = (user: UserId): string => `PROJECTS#${user}`;
/** All instances of a project. */
export const instancesIn = (project: string): string => `INSTANCES#${project}`;
/** A user or group with whom things are shared. */
export interface SharePartner {
  readonly type: 'user' | 'group';
  readonly id: string;
}
/** The target of a share. */
export type ShareTarget = SharePartner | { readonly type: 'public' };
const targetText = (target: ShareTarget): string =>
  target.type === 'public' ? 'PUBLIC' : `${target.type === 'user' ? 'USER' : 'GROUP'}#${target.id}`;
/** All shares of a project or an instance. */
export const sharesOf = ({ type, id }: Reach): string => `SHARES#${type}#${id}`;
/** Sort keys of shares with more than one user lie between these, both included. */
export const sharesWithMany = { from: 'GROUP#', to: 'PUBLIC' } as const;
/** All that is shared with a user or a group. */
export const sharedWith = ({ type, id }: SharePartner): string => `SHARED#${type}#${id}`;
/** All members of a group. */
export const membersOfGroup = (group: string): string => `GROUPMEMBERS#${group}`;
/** Groups that a user owns, and those they are a member of. */
export const groupsOf = (user: UserId): string => `GROUPS#${user}`;
/** Sort keys of a user's groups begin so. */
export const groupsAs = (as: 'owner' | 'member'): string => (as === 'owner' ? 'OWN#' : 'IN#');

/** All uses of models by a user. */
export const usageRowsOf = (user: UserId): string => `MODELUSE#${user}`;

/** All API keys of a user. */
export const apiKeysOf = (user: UserId): string => `APIKEYS#${user}`;

/** The parts of a permission's key. */
export interface PermissionKey {
  readonly on: { readonly marker: string } | { readonly resourceId: string };
  readonly kind: string;
  /** Null: all actions of the kind. */
  readonly action: string | null;
  readonly subjectType: 'user' | 'inst' | 'role';
  readonly subjectId: string;
}

/** Who can have a role. */
export interface RoleSubject {
  readonly type: 'user' | 'inst';
  readonly id: string;
}

/** Sort keys of a subject's roles begin so. */
export const rolesOf = ({ type, id }: RoleSubject): string => `${type === 'user' ? 'U' : 'I'}#${roomyPart(id)}#`;
/** All roles of a record. */
export const rolesIn = (record: string): string => `ROLE#${record}`;
/** All permissions of a record. */
export const permissionsIn = (record: string): string => `PERM#${record}`;
/** Sort keys of a role's assignments begin so; without a role, those of all. */
export const assignmentsOf = (role?: string): string => (role === undefined ? 'R#' : `R#${roomyPart(role)}#`);

/** Ordinary data, and manual data, which clients write only on a person's explicit action. */
export type DataSpace = 'data' | 'manual';

/** The kinds of things that a record counts. */
export type Counted =
  | DataSpace
  | 'event'
  | 'file'
  | 'inst'
  | {
      readonly marker: string;
      /** @default 'data' */
      readonly of?: 'data' | 'inst';
    };

/** Everything in one space of a record. */
export const dataIn = (space: DataSpace, record: string): string => `${space === 'data' ? 'DATA' : 'MDATA'}#${record}`;
/** All data items of a record with a marker. */
export const dataMarked = (record: string, marker: string): string => `DATAM#${part(record)}#${marker}`;
/** All events of a record. */
export const eventsIn = (record: string): string => `EVENT#${record}`;
/** Whose row it is; the reverse of `keys.looseBlob`, undefined for rows of other kinds. */
export const looseBlobIn = (pk: string): string | undefined =>
  pk.startsWith('LOOSE#') ? pk.slice('LOOSE#'.length) : undefined;
/** Which bucket's item it is; the reverse of `keys.bucket`, undefined for items of other kinds. */
export const bucketIn = ({ pk }: Key): string | undefined =>
  pk.startsWith('BUCKET#') ? pk.slice('BUCKET#'.length) : undefined;
/** The names of all buckets that were defined at run time. */
export const definedBuckets = 'BUCKETS';
/** The names of all buckets whose rows have yet to follow a change. */
export const unfinishedBuckets = 'UNFINISHED';
/** All queries that were defined at run time. */
export const definedQueries = 'QUERIES';
/** All procedures. */
export const registeredProcedures = 'PROCEDURES';
/** Which query's item it is; the reverse of `keys.query`, undefined for items of other kinds. */
export const queryIn = ({ pk, sk }: Key): string | undefined => (pk === definedQueries ? sk : undefined);
/** How many rows a bucket has, in one number or in shares. */
export const sizesOf = (bucket: string, generation: number): string => `SIZE#${part(bucket)}#${generation}`;
/** All rows of a bucket, or those in one of its shards. Clearing it begins another generation. */
export const rowsIn = (bucket: string, generation: number, shard = 0): string =>
  `ROW#${part(bucket)}#${generation}${shard === 0 ? '' : `#${shard}`}`;
/** Which bucket's row it is, and of which generation; the reverse of `keys.row`, undefined for items of other kinds. */
export function rowIn({ pk }: Key): { readonly bucket: string; readonly generation: number } | undefined {
  const [kind, bucket, generation] = pk.split('#');
  return kind === 'ROW' && bucket !== undefined ? { bucket: whole(bucket), generation: Number(generation) } : undefined;
}
/** All live queries whose result depends on something. */
export const dependentsOf = (what: string): string => `DEPENDENTS#${what}`;
/** All files of a record. */
export const filesIn = (record: string): string => `FILE#${record}`;
/** Which file's row it is; the reverse of `keys.file`, undefined for rows of other kinds. */
export const fileIn = ({ pk, sk }: Key): { readonly recordName: string; readonly fileName: string } | undefined =>
  pk.startsWith('FILE#') ? { recordName: pk.slice('FILE#'.length), fileName: sk } : undefined;
/** All insts of a record. */
export const instsIn = (record: string): string => `INSTS#${record}`;
/** All insts of a record with a marker. */
export const instsMarked = (record: string, marker: string): string => `INSTM#${part(record)}#${marker}`;
const publicInstPrefix = 'PUBLICINST#';
/** Whether it is the row of a public inst. */
export const isPublicInst = ({ pk }: Key): boolean => pk.startsWith(publicInstPrefix);
/** All branches of one generation of an inst. */
export const branchesOf = (generation: string): string => `BRANCHES#${generation}`;
const erasurePrefix = 'ERASURE#';
/** Which generation is being erased; the reverse of `keys.erasure`, undefined for rows of other kinds. */
export const erasedIn = ({ pk }: Key): string | undefined =>
  pk.startsWith(erasurePrefix) ? pk.slice(erasurePrefix.length) : undefined;
/** All webhooks of an instance. */
export const webhooksOf = (instance: string): string => `WEBHOOKS#${instance}`;

/** The sequence of a webhook's deliveries for one key, or for a whole instance. */
export interface WebhookSequence {
  readonly webhookId: string;
  readonly key?: string;
}

/**
 * Deliveries of one key that a webhook has not received yet. The empty key stands for the instance: no key has an empty
 * name.
 */
export const undeliveredOf = ({ webhookId, key = '' }: WebhookSequence): string => `UNDELIVERED#${webhookId}#${key}`;

/** Whose head it is; the reverse of `keys.head`, undefined for items of other kinds. */
export const channelIn = ({ pk }: Key): ChannelName | undefined =>
  pk.startsWith('HEAD#') ? (pk.slice('HEAD#'.length) as ChannelName) : undefined; // as it was put in
/** All keys of an instance. */
export const memoryOf = (instance: string): string => `MEMORY#${instance}`;
/** Keys that have yet to be written into the document of an instance. */
export const unbridgedOf = (instance: string): string => `UNBRIDGED#${instance}`;
/** Begins the sort keys of single keys there. */
const unbridgedKey = 'KEY#';
/** The key in question; undefined for all keys. */
export const unbridgedIn = (sk: string): string | undefined =>
  sk.startsWith(unbridgedKey) ? sk.slice(unbridgedKey.length) : undefined;
/** Which memory key's row it is; the reverse of `keys.memoryKey`, undefined for items of other kinds. */
export const memoryKeyIn = ({ pk, sk }: Key): { readonly instanceId: string; readonly key: string } | undefined =>
  pk.startsWith('MEMORY#') ? { instanceId: pk.slice('MEMORY#'.length), key: sk } : undefined;
/** Usage that counts for an owner's subscription. */
export const usageOf = (owner: Owner): string =>
  'userId' in owner ? `USAGE#user#${owner.userId}` : `USAGE#studio#${owner.studioId}`;

/** Records by owner, sorted by name. */
export const recordIndex = {
  of: (owner: { readonly userId: string } | { readonly studioId: string }): string =>
    'userId' in owner ? `RECORDS#user#${owner.userId}` : `RECORDS#studio#${owner.studioId}`,
};

/** All snapshots of a document that are kept. */
export const snapshotsOf = (channel: ChannelName): string => `SNAP#${channel}`;

export const membersOf = (channel: ChannelName): string => `MEMBER#${channel}`;

/** Entries in one block of a log. */
export const blockSize = 10_000;

/** The partition that holds a sequence number; numbers start at 1. */
export const blockOf = (channel: ChannelName, sequence: number): string =>
  `LOG#${padded(Math.floor(sequence / blockSize), 9)}#${channel}`;

/** So that text order is number order. */
export const padded = (value: number, digits = 15): string => String(value).padStart(digits, '0');

/** Escapes text that a client chose, for use inside a key: the result has no `#`. */
export const part = (text: string): string => text.replace(/[%#]/g, (char) => (char === '#' ? '%23' : '%25'));

/** Undoes the escaping. */
const whole = (escaped: string): string => escaped.replaceAll('%23', '#').replaceAll('%25', '%');

/**
 * The same for text that may be too long for a key. A sort key has 1,024 bytes, of which two such parts take at most
 * 400 each. A longer text is replaced by its hash, which looks like no escaped text; the item has the text itself as an
 * attribute.
 */
const roomyPart = (text: string): string => {
  const escaped = part(text);
  return Buffer.byteLength(escaped) <= 400 ? escaped : `%~${createHash('sha256').update(text).digest('base64url')}`;
};

/** Stands for a text that may be longer than a sort key. */
const hashed = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Finds sockets by their user; the sort key begins with the credential. */
export const connectionIndex = {
  ofUser: (userId: string): string => `USER#${userId}`,
  credential: (kind: string, id: string): string => `${kind}#${id}#`,
  /**
   * Sockets by shard, separately for clients that answer pings; the sort key is the time since when they have been
   * quiet.
   */
  shards: 8,
  shard: (number: number, answerPings = false): string => `${answerPings ? 'PINGED' : 'SHARD'}#${number}`,
  /** Shards of the count of logged-in sockets. A multiple of `shards`, so that each lies in exactly one of those. */
  loginShards: 32,
};
