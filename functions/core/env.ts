import { Failure } from './errors.ts';

/**
 * The names of all environment variables of functions. `lib` sets them (it grants access and passes the address in one
 * step), the adapters read them. A function gets the variables it declares, never an empty string.
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
  /** URL of the queue of webhook deliveries. */
  deliveriesUrl: 'DELIVERIES_URL',
  /** URL and ARN of the queue where reminders wait. */
  remindersUrl: 'REMINDERS_URL',
  remindersArn: 'REMINDERS_ARN',
  /** The group of schedules for reminders that wait long, and the role with which a schedule sends to the queue. */
  remindersGroup: 'REMINDERS_GROUP',
  remindersRoleArn: 'REMINDERS_ROLE_ARN',
  /** ARN of the secret that peppers login codes and derives connection secrets. */
  serverSecretArn: 'SERVER_SECRET_ARN',
  /** `production`, or another name. With `development`, callers without a credential count as a developer. */
  environment: 'ENVIRONMENT',
  /** Areas open to callers without a credential, e.g. `rooms,nodes,insts`. */
  anonymous: 'ANONYMOUS',
  /** `true`: the server refuses sockets without a credential at the upgrade. */
  requireSignIn: 'REQUIRE_SIGN_IN',
  accountOrigins: 'ACCOUNT_ORIGINS',
  apiOrigins: 'API_ORIGINS',
  requireOrigin: 'REQUIRE_ORIGIN',
  /** Accepted JWT issuers, JSON `[{issuer, jwksUrl?, audience?, provider?}]`. */
  authIssuers: 'AUTH_ISSUERS',
  /** An application at Clerk: its secret key (or the ARN of the secret that holds it), and where its public keys are. */
  clerkSecretKey: 'CLERK_SECRET_KEY',
  clerkJwksUrl: 'CLERK_JWKS_URL',
  /** Required claims of its tokens: the issuer, and the pages (`origin,…`) for which Clerk issued them. */
  clerkIssuer: 'CLERK_ISSUER',
  clerkAuthorizedParties: 'CLERK_AUTHORIZED_PARTIES',
  /** The secret with which it signs webhooks, `whsec_…`, or the ARN of the secret that holds it. */
  clerkWebhookSecret: 'CLERK_WEBHOOK_SECRET',
  /** Age-gated accounts at Privo, JSON: see `core/privo-settings.ts`. */
  privo: 'PRIVO',
  /** The API key for OpenAI's models, or the ARN of the secret that holds it; the base URL, and which API to use. */
  openAiApiKey: 'OPENAI_API_KEY',
  openAiBaseUrl: 'OPENAI_BASE_URL',
  openAiApi: 'OPENAI_API',
  /** The same for Fireworks, which makes images. */
  fireworksApiKey: 'FIREWORKS_API_KEY',
  fireworksBaseUrl: 'FIREWORKS_BASE_URL',
  superUserAddresses: 'SUPER_USER_ADDRESSES',
  adminAddresses: 'ADMIN_ADDRESSES',
  /** The token with which operators inspect instances, or the ARN of the secret that holds it. */
  adminToken: 'ADMIN_TOKEN',
  /** Ordered JSON list of `{type: allow|deny, pattern}`; empty allows every address. */
  addressRules: 'ADDRESS_RULES',
  mailFrom: 'MAIL_FROM',
  smsSender: 'SMS_SENDER',
  presenceThrottleMs: 'PRESENCE_THROTTLE_MS',
  chatHistoryLimit: 'CHAT_HISTORY_LIMIT',
  /** `true`: a permission request shows the requesting user's email address. */
  showEmail: 'SHOW_EMAIL',
  /** JSON `{everyMinutes, keepDays}`: versions of shared documents. */
  branchVersions: 'BRANCH_VERSIONS',
  /** For how many days chat messages are stored; unset: for ever. */
  chatRetentionDays: 'CHAT_RETENTION_DAYS',
  /** How long public insts live, JSON `{lifetimeSeconds, expireMode}`; `null`: for ever; `false`: no public insts. */
  publicInsts: 'PUBLIC_INSTS',
  /** What this deployment calls itself among its peers; unset: its region. */
  serverId: 'SERVER_ID',
  /** The same deployment in other regions, JSON `[{serverId, url}]`. */
  peers: 'PEERS',
  /** Milliseconds that a request may wait for a node to change. */
  nodesMaxWaitMs: 'NODES_MAX_WAIT_MS',
  /** Requests that may wait for nodes at a time. */
  nodesMaxWaiting: 'NODES_MAX_WAITING',
  /** Prefixes of node keys that need authorization, JSON: see `nodes/access.ts`. */
  nodesGuarded: 'NODES_GUARDED',
  /** Keys that an instance may have. */
  instanceMaxKeys: 'INSTANCE_MAX_KEYS',
  /** Bytes that the values of an instance may have together. */
  instanceMaxBytes: 'INSTANCE_MAX_BYTES',
  /** JSON `{maxHits, windowMs}` per source IP; unset is off. */
  rateLimit: 'RATE_LIMIT',
  /** JSON `{maxHits, windowMs}` of frames per connection; unset is off. */
  frameRateLimit: 'FRAME_RATE_LIMIT',
  /** Origin of the sign-in pages, if the console should not be at `/`. */
  frontendOrigin: 'FRONTEND_ORIGIN',
  /**
   * The secret that the edge sends with each request. Without it the server ignores the viewer address in the request.
   */
  edgeSecretArn: 'EDGE_SECRET_ARN',
  /** Relying parties of passkeys, JSON `[{name, id, origin}]`. */
  webAuthn: 'WEBAUTHN',
  /** `host:port,…`: private hosts that requests to user-supplied URLs may reach; empty except on a laptop. */
  outboundAllowHosts: 'OUTBOUND_ALLOW_HOSTS',
  /** `address:port,…` of DNS servers, used instead of the system's. */
  dnsServers: 'DNS_SERVERS',
  /** Name of the light function, for requests that come over a socket. */
  httpFunction: 'HTTP_FUNCTION',
  /** Name of the function that checks passkeys. */
  passkeysFunction: 'PASSKEYS_FUNCTION',
  /** Name of the function that knows the files bucket. */
  filesFunction: 'FILES_FUNCTION',
  /** Name of the function that reads and merges documents. */
  documentsFunction: 'DOCUMENTS_FUNCTION',
  /** Name of the function of instances and what belongs to them. */
  instancesFunction: 'INSTANCES_FUNCTION',
  /** Name of the function that calls AI models, and of the one that waits for images. */
  aiFunction: 'AI_FUNCTION',
  imagesFunction: 'IMAGES_FUNCTION',
} as const;

/**
 * Prefix of blobs that clients upload and download themselves: messages too large for a frame. They expire after a day.
 */
export const messagesFolder = 'messages/';
/**
 * Prefix of values that clients download themselves because they are too large for a frame. They live as long as their
 * keys.
 */
export const valuesFolder = 'values/';
/** Folders for which the server signs requests. */
export type SharedFolder = typeof messagesFolder | typeof valuesFolder;

/**
 * Headers that the edge (CloudFront) adds to each request: its secret, the client's IP address, and the requested host.
 */
export const edgeHeaders = { proof: 'x-chorus-edge', viewer: 'x-chorus-viewer', host: 'x-chorus-host' } as const;

export type EnvName = (typeof ENV)[keyof typeof ENV];

/** Functions that answer requests, by the name that contracts use, each with the variable that holds its name. */
export const callees = {
  http: ENV.httpFunction,
  passkeys: ENV.passkeysFunction,
  files: ENV.filesFunction,
  documents: ENV.documentsFunction,
  instances: ENV.instancesFunction,
  ai: ENV.aiFunction,
} as const satisfies Record<string, EnvName>;
export type Callee = keyof typeof callees;

/** Functions that run in the background: others hand work over to them. */
export const workers = { images: ENV.imagesFunction } as const satisfies Record<string, EnvName>;
export type Worker = keyof typeof workers;
export type Env = Readonly<Record<string, string | undefined>>;

/** @throws Failure `not_configured` naming the setting */
export function requireEnv(env: Env, name: EnvName): string {
  const value = env[name];
  if (!value) throw new Failure('not_configured', `The setting ${name} is missing.`);
  return value;
}
