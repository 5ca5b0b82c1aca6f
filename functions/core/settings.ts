import type { ClerkSettings } from './clerk-settings.ts';
import type { Env } from './env.ts';
import { ENV } from './env.ts';
import { type FireworksSettings, fireworksUrl, isOpenAiApi, type OpenAiSettings, openAiUrl } from './model-settings.ts';
import { isPeers, isServerId, longestWaitMs, type Peer } from './peers.ts';
import { isPrivoSettings, type PrivoSettings } from './privo-settings.ts';

export interface Rate {
  readonly maxHits: number;
  readonly windowMs: number;
}

export interface AuthIssuer {
  readonly issuer: string;
  /** Default: `jwks_uri` of the issuer's `/.well-known/openid-configuration`. */
  readonly jwksUrl?: string;
  readonly audience?: string;
  /** Shown as `provider` beside a person's name; default: google, microsoft or custom, by the issuer. */
  readonly provider?: string;
}

/**
 * A relying party of passkeys: its displayed name, the domain to which passkeys are bound, and the origin of its pages.
 */
export interface RelyingParty {
  readonly name: string;
  /** Host of the pages, or a domain above it. */
  readonly id: string;
  /** As browsers send it; a port of `*` stands for any. */
  readonly origin: string;
}

export interface AddressRule {
  readonly type: 'allow' | 'deny';
  readonly pattern: string;
}

/** How long public insts (those without a record) live. */
export interface PublicInstLifetime {
  readonly lifetimeSeconds: number;
  /** `NX`: counted from the first update; otherwise from the last one. */
  readonly expireMode: 'NX' | 'XX' | 'GT' | null;
}

/** The operator's settings, read once per cold start. An invalid value makes the start fail with the setting's name. */
export interface Settings {
  /** Name of the environment; `development` admits callers without a credential. */
  readonly environment: string;
  readonly anonymous: ReadonlySet<string>;
  readonly requireSignIn: boolean;
  readonly accountOrigins: readonly string[];
  readonly apiOrigins: readonly string[];
  readonly requireOrigin: boolean;
  readonly authIssuers: readonly AuthIssuer[];
  readonly relyingParties: readonly RelyingParty[];
  /** Undefined: Clerk is not used. */
  readonly clerk: ClerkSettings | undefined;
  /** Undefined: no age-gated accounts. */
  readonly privo: PrivoSettings | undefined;
  /** Undefined: OpenAI's models are not available. */
  readonly openAi: OpenAiSettings | undefined;
  /** Undefined: images cannot be generated. */
  readonly fireworks: FireworksSettings | undefined;
  readonly superUserAddresses: ReadonlySet<string>;
  readonly adminAddresses: ReadonlySet<string>;
  /** The operators' token, or the ARN of the secret that holds it. Undefined: operators cannot inspect instances. */
  readonly adminToken: string | undefined;
  readonly addressRules: readonly AddressRule[];
  readonly presenceThrottleMs: number;
  readonly chatHistoryLimit: number;
  readonly chatRetentionDays: number | undefined;
  /** Null: they live for ever. False: there are no public insts. */
  readonly publicInsts: PublicInstLifetime | null | false;
  readonly rateLimit: Rate | undefined;
  readonly frameRateLimit: Rate | undefined;
  readonly frontendOrigin: string | undefined;
  /** Whether a permission request shows the requesting user's email address. */
  readonly showEmail: boolean;
  /** What this deployment calls itself among its peers. */
  readonly serverId: string;
  /** The same deployment in other regions. */
  readonly peers: readonly Peer[];
  /** How long a request may wait for a node to change. */
  readonly nodesMaxWaitMs: number;
  /** How many requests may wait for nodes at a time. */
  readonly nodesMaxWaiting: number;
  /** Prefixes of node keys that need authorization. */
  readonly nodesGuarded: readonly string[];
  /** What an instance may have: keys, and bytes of all their values. */
  readonly instanceMaxKeys: number;
  readonly instanceMaxBytes: number;
  /** How far apart the versions of a shared document are, and how long they are kept; 0 keeps none. */
  readonly branchVersions: { readonly everyMs: number; readonly keepMs: number };
}

const aDay: PublicInstLifetime = { lifetimeSeconds: 86_400, expireMode: 'NX' };

export function readSettings(env: Env): Settings {
  const publicInsts = json(env, ENV.publicInsts, isPublicInsts);
  return {
    environment: given(env, ENV.environment) ?? 'production',
    anonymous: new Set(words(env[ENV.anonymous], /[\s,]+/)),
    requireSignIn: flag(env, ENV.requireSignIn),
    accountOrigins: words(env[ENV.accountOrigins], /\s+/),
    apiOrigins: words(env[ENV.apiOrigins], /\s+/),
    requireOrigin: flag(env, ENV.requireOrigin),
    authIssuers: json(env, ENV.authIssuers, isIssuers) ?? [],
    relyingParties: json(env, ENV.webAuthn, isRelyingParties) ?? [],
    clerk: readClerk(env),
    privo: json(env, ENV.privo, isPrivoSettings),
    openAi: readOpenAi(env),
    fireworks: readFireworks(env),
    superUserAddresses: addresses(env[ENV.superUserAddresses]),
    adminAddresses: addresses(env[ENV.adminAddresses]),
    adminToken: given(env, ENV.adminToken),
    addressRules: json(env, ENV.addressRules, isRules) ?? [],
    presenceThrottleMs: integer(env, ENV.presenceThrottleMs) ?? 100,
    chatHistoryLimit: integer(env, ENV.chatHistoryLimit) ?? 100,
    chatRetentionDays: integer(env, ENV.chatRetentionDays),
    publicInsts: publicInsts === undefined ? aDay : publicInsts,
    rateLimit: json(env, ENV.rateLimit, isRate),
    frameRateLimit: json(env, ENV.frameRateLimit, isRate),
    frontendOrigin: env[ENV.frontendOrigin],
    showEmail: flag(env, ENV.showEmail),
    ...meshOf(env),
    nodesMaxWaitMs: Math.min(longestWaitMs, integer(env, ENV.nodesMaxWaitMs) ?? 9_000),
    nodesMaxWaiting: integer(env, ENV.nodesMaxWaiting) ?? 500,
    nodesGuarded: json(env, ENV.nodesGuarded, isTexts) ?? [],
    instanceMaxKeys: integer(env, ENV.instanceMaxKeys) ?? 10_000,
    instanceMaxBytes: integer(env, ENV.instanceMaxBytes) ?? 256 * 1024 * 1024,
    branchVersions: versionsOf(json(env, ENV.branchVersions, isVersions)),
  };
}

function readClerk(env: Env): ClerkSettings | undefined {
  const clerk = {
    secretKey: given(env, ENV.clerkSecretKey),
    jwksUrl: url(env, ENV.clerkJwksUrl),
    issuer: url(env, ENV.clerkIssuer),
    authorizedParties: words(env[ENV.clerkAuthorizedParties], /[\s,]+/),
    webhookSecret: given(env, ENV.clerkWebhookSecret),
  };
  const { authorizedParties: _, ...addresses } = clerk;
  return Object.values(addresses).some((value) => value !== undefined) ? clerk : undefined;
}

function readOpenAi(env: Env): OpenAiSettings | undefined {
  const apiKey = given(env, ENV.openAiApiKey);
  const api = given(env, ENV.openAiApi) ?? 'responses';
  if (!isOpenAiApi(api))
    throw new Error(`The setting ${ENV.openAiApi} must be responses or chat, not ${JSON.stringify(api)}.`);
  return apiKey === undefined ? undefined : { apiKey, api, baseUrl: base(env, ENV.openAiBaseUrl) ?? openAiUrl };
}

function readFireworks(env: Env): FireworksSettings | undefined {
  const apiKey = given(env, ENV.fireworksApiKey);
  return apiKey === undefined ? undefined : { apiKey, baseUrl: base(env, ENV.fireworksBaseUrl) ?? fireworksUrl };
}

function base(env: Env, name: string): string | undefined {
  return url(env, name)?.replace(/\/+$/, '');
}

function given(env: Env, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

function url(env: Env, name: string): string | undefined {
  const value = given(env, name);
  if (value === undefined || URL.canParse(value)) return value;
  throw new Error(`The setting ${name} must be a URL, not ${JSON.stringify(value)}.`);
}

interface Versions {
  readonly everyMinutes: number;
  readonly keepDays: number;
}

function versionsOf({ everyMinutes, keepDays }: Versions = { everyMinutes: 60, keepDays: 7 }) {
  return { everyMs: everyMinutes * 60_000, keepMs: keepDays * 24 * 3_600_000 };
}

function meshOf(env: Env): Pick<Settings, 'serverId' | 'peers'> {
  const serverId = env[ENV.serverId] ?? env.AWS_REGION ?? 'chorus';
  if (!isServerId(serverId)) throw new Error(`The setting ${ENV.serverId} does not have the documented form.`);
  const isMesh = (value: unknown): value is Peer[] => isPeers(value, serverId);
  return { serverId, peers: json(env, ENV.peers, isMesh) ?? [] };
}

function words(text: string | undefined, between: RegExp): string[] {
  return (text ?? '').split(between).filter((word) => word !== '');
}

function addresses(text: string | undefined): ReadonlySet<string> {
  return new Set(words(text?.toLowerCase(), /[\s,]+/));
}

function flag(env: Env, name: string): boolean {
  const value = env[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new Error(`The setting ${name} must be true or false, not ${JSON.stringify(value)}.`);
}

function integer(env: Env, name: string): number | undefined {
  const value = env[name];
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new Error(`The setting ${name} must be a whole number, not ${JSON.stringify(value)}.`);
  return Number(value);
}

function json<T>(env: Env, name: string, is: (value: unknown) => value is T): T | undefined {
  const text = env[name];
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`The setting ${name} must be JSON.`);
  }
  if (!is(value)) throw new Error(`The setting ${name} does not have the documented form.`);
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isIssuers = (value: unknown): value is AuthIssuer[] =>
  Array.isArray(value) && value.every((one) => isObject(one) && typeof one.issuer === 'string');
const isRelyingParties = (value: unknown): value is RelyingParty[] =>
  Array.isArray(value) &&
  value.every((one) => isObject(one) && [one.name, one.id, one.origin].every((text) => typeof text === 'string'));
const isRules = (value: unknown): value is AddressRule[] =>
  Array.isArray(value) &&
  value.every((one) => isObject(one) && (one.type === 'allow' || one.type === 'deny') && isPattern(one.pattern));
const isRate = (value: unknown): value is Rate =>
  isObject(value) && isPositive(value.maxHits) && isPositive(value.windowMs);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
const isVersions = (value: unknown): value is Versions =>
  isObject(value) && [value.everyMinutes, value.keepDays].every((one) => typeof one === 'number' && one >= 0);
const isPublicInsts = (value: unknown): value is PublicInstLifetime | null | false =>
  value === null ||
  value === false ||
  (isObject(value) && isPositive(value.lifetimeSeconds) && [null, 'NX', 'XX', 'GT'].includes(value.expireMode as null));
const isPositive = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0;

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}
