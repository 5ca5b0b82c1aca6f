import { Failure } from './errors.ts';

/**
 * The names of everything a function may find in its environment. `lib` sets them (granting access and telling the
 * address travel together), the adapters read them. A function gets what it declares, never an empty string.
 */
export const ENV = {
  /** Name of the durable single table. */
  tableName: 'TABLE_NAME',
  /** Name of the connections table. */
  connectionsTableName: 'CONNECTIONS_TABLE_NAME',
  /** Name of the bucket for what is too large for an item. */
  blobsBucket: 'BLOBS_BUCKET',
  /** Name of the bucket for files of records. */
  filesBucket: 'FILES_BUCKET',
  /** `https://{api}.execute-api.{region}.amazonaws.com/{stage}`: where `@connections` is. */
  socketEndpoint: 'SOCKET_ENDPOINT',
  /** URL of the lane: one connection's ordered frames. */
  laneUrl: 'LANE_URL',
  /** URL of the fan-out queue. */
  fanOutUrl: 'FAN_OUT_URL',
  /** URL of the queue of what webhooks are to be told. */
  deliveriesUrl: 'DELIVERIES_URL',
  /** URL and ARN of the queue where reminders wait. */
  remindersUrl: 'REMINDERS_URL',
  remindersArn: 'REMINDERS_ARN',
  /** The group of schedules for those that wait long, and the role with which they end in the queue. */
  remindersGroup: 'REMINDERS_GROUP',
  remindersRoleArn: 'REMINDERS_ROLE_ARN',
  /** ARN of the secret that peppers login codes and derives connection secrets. */
  serverSecretArn: 'SERVER_SECRET_ARN',
  /** `production`, or what else an operator calls it; with `development` callers without a credential are a developer. */
  environment: 'ENVIRONMENT',
  /** What callers without a credential may do, e.g. `rooms,nodes,insts`. */
  anonymous: 'ANONYMOUS',
  /** Sockets without a credential are refused at the upgrade when this is `true`. */
  requireSignIn: 'REQUIRE_SIGN_IN',
  accountOrigins: 'ACCOUNT_ORIGINS',
  apiOrigins: 'API_ORIGINS',
  requireOrigin: 'REQUIRE_ORIGIN',
  /** Accepted JWT issuers, JSON `[{issuer, jwksUrl?, audience?, provider?}]`. */
  authIssuers: 'AUTH_ISSUERS',
  /** An application at Clerk: its secret key (or the ARN of the secret that holds it), and where its public keys are. */
  clerkSecretKey: 'CLERK_SECRET_KEY',
  clerkJwksUrl: 'CLERK_JWKS_URL',
  /** What its tokens must say: their issuer, and the pages, `origin,…`, they are made for. */
  clerkIssuer: 'CLERK_ISSUER',
  clerkAuthorizedParties: 'CLERK_AUTHORIZED_PARTIES',
  /** With which it signs what it tells us, `whsec_…`, or the ARN of the secret that holds it. */
  clerkWebhookSecret: 'CLERK_WEBHOOK_SECRET',
  /** Age-gated accounts at Privo, JSON: see `core/privo-settings.ts`. */
  privo: 'PRIVO',
  /** The key for OpenAI's models, or the ARN of the secret that holds it; where they are asked, and how. */
  openAiApiKey: 'OPENAI_API_KEY',
  openAiBaseUrl: 'OPENAI_BASE_URL',
  openAiApi: 'OPENAI_API',
  /** The same for Fireworks, which makes images. */
  fireworksApiKey: 'FIREWORKS_API_KEY',
  fireworksBaseUrl: 'FIREWORKS_BASE_URL',
  superUserAddresses: 'SUPER_USER_ADDRESSES',
  adminAddresses: 'ADMIN_ADDRESSES',
  /** What operators show to look into instances, or the ARN of the secret that holds it. */
  adminToken: 'ADMIN_TOKEN',
  /** Ordered JSON list of `{type: allow|deny, pattern}`; empty allows every address. */
  addressRules: 'ADDRESS_RULES',
  mailFrom: 'MAIL_FROM',
  smsSender: 'SMS_SENDER',
  presenceThrottleMs: 'PRESENCE_THROTTLE_MS',
  chatHistoryLimit: 'CHAT_HISTORY_LIMIT',
  /** `true` shows the address of who asks for a permission to those who are asked. */
  showEmail: 'SHOW_EMAIL',
  /** JSON `{everyMinutes, keepDays}`: versions of shared documents. */
  branchVersions: 'BRANCH_VERSIONS',
  /** Days a chat message is kept; unset keeps it for good. */
  chatRetentionDays: 'CHAT_RETENTION_DAYS',
  /** How long public insts live, JSON `{lifetimeSeconds, expireMode}`; `null`: for good; `false`: there are none. */
  publicInsts: 'PUBLIC_INSTS',
  /** What this deployment calls itself among its peers; unset: its region. */
  serverId: 'SERVER_ID',
  /** The same deployment in other regions, JSON `[{serverId, url}]`. */
  peers: 'PEERS',
  /** Milliseconds that a request may wait for a node to change. */
  nodesMaxWaitMs: 'NODES_MAX_WAIT_MS',
  /** Requests that may wait for nodes at a time. */
  nodesMaxWaiting: 'NODES_MAX_WAITING',
  /** Beginnings of keys of nodes that are not for everybody, JSON: see `nodes/access.ts`. */
  nodesGuarded: 'NODES_GUARDED',
  /** JSON `{maxHits, windowMs}` per source IP; unset is off. */
  rateLimit: 'RATE_LIMIT',
  /** JSON `{maxHits, windowMs}` of frames per connection; unset is off. */
  frameRateLimit: 'FRAME_RATE_LIMIT',
  /** Where people sign in, when the console is not wanted at `/`. */
  frontendOrigin: 'FRONTEND_ORIGIN',
  /** What the edge sends with each request; only with it is its viewer address believed. */
  edgeSecretArn: 'EDGE_SECRET_ARN',
  /** Whom passkeys are for, JSON `[{name, id, origin}]`. */
  webAuthn: 'WEBAUTHN',
  /** `host:port,…` that requests to URLs of others may reach although they are private; empty except on a laptop. */
  outboundAllowHosts: 'OUTBOUND_ALLOW_HOSTS',
  /** `address:port,…` of DNS servers that are asked instead of the system's. */
  dnsServers: 'DNS_SERVERS',
  /** Name of the light function, for requests that come over a socket. */
  httpFunction: 'HTTP_FUNCTION',
  /** Name of the function that checks passkeys. */
  passkeysFunction: 'PASSKEYS_FUNCTION',
  /** Name of the function that knows the files bucket. */
  filesFunction: 'FILES_FUNCTION',
  /** Name of the function that looks into documents. */
  documentsFunction: 'DOCUMENTS_FUNCTION',
  /** Name of the function of instances and what belongs to them. */
  instancesFunction: 'INSTANCES_FUNCTION',
  /** Name of the function that asks models, and of the one that waits for images. */
  aiFunction: 'AI_FUNCTION',
  imagesFunction: 'IMAGES_FUNCTION',
} as const;

/** Begins the names of blobs that clients put and fetch themselves: messages too big for a frame. They are gone after a day. */
export const messagesFolder = 'messages/';
/** Begins the names of values that clients fetch themselves, being too big for a frame. They stay as long as their keys. */
export const valuesFolder = 'values/';
/** What presigned requests may be for. */
export type SharedFolder = typeof messagesFolder | typeof valuesFolder;

/** What our own edge adds to each request: the proof that it is ours, the address of its viewer, the host they asked for. */
export const edgeHeaders = { proof: 'x-chorus-edge', viewer: 'x-chorus-viewer', host: 'x-chorus-host' } as const;

export type EnvName = (typeof ENV)[keyof typeof ENV];

/** Functions that answer requests, as contracts name them, and the variable that holds the name of each. */
export const callees = {
  http: ENV.httpFunction,
  passkeys: ENV.passkeysFunction,
  files: ENV.filesFunction,
  documents: ENV.documentsFunction,
  instances: ENV.instancesFunction,
  ai: ENV.aiFunction,
} as const satisfies Record<string, EnvName>;
export type Callee = keyof typeof callees;

/** Functions that answer nobody: work is handed over to them. */
export const workers = { images: ENV.imagesFunction } as const satisfies Record<string, EnvName>;
export type Worker = keyof typeof workers;
export type Env = Readonly<Record<string, string | undefined>>;

/** @throws Failure `not_configured` naming the setting */
export function requireEnv(env: Env, name: EnvName): string {
  const value = env[name];
  if (!value) throw new Failure('not_configured', `The setting ${name} is missing.`);
  return value;
}
