import type { FunctionPart } from './parts.ts';

/** Values by the name of their environment variable. */
export type Values = Readonly<Record<string, string | undefined>>;

/**
 * How a setting gets into the template: as this prop of `Chorus`, so that the functions which need it declare it. The
 * value here is only a placeholder; functions get the text of the setting itself.
 */
type Declaration = (value: string) => Readonly<Record<string, unknown>>;

const declarations: Readonly<Record<string, Declaration>> = {
  ENVIRONMENT: () => ({ environment: 'production' }),
  ANONYMOUS: () => ({ anonymous: ['rooms'] }),
  REQUIRE_SIGN_IN: () => ({ requireSignIn: true }),
  ACCOUNT_ORIGINS: () => ({ accountOrigins: ['http://localhost'] }),
  API_ORIGINS: () => ({ apiOrigins: ['http://localhost'] }),
  REQUIRE_ORIGIN: () => ({ requireOrigin: true }),
  AUTH_ISSUERS: () => ({ authIssuers: [{ issuer: 'https://issuer.example' }] }),
  WEBAUTHN: () => ({ webAuthn: [{ name: 'Chorus', id: 'localhost', origin: 'http://localhost' }] }),
  CLERK_SECRET_KEY: () => ({ clerk: { secretKeyArn: secretArn('clerk') } }),
  CLERK_JWKS_URL: () => ({ clerk: { jwksUrl: 'https://clerk.example/jwks' } }),
  CLERK_ISSUER: () => ({ clerk: { issuer: 'https://clerk.example' } }),
  CLERK_AUTHORIZED_PARTIES: () => ({ clerk: { authorizedParties: ['https://app.example'] } }),
  CLERK_WEBHOOK_SECRET: () => ({ clerk: { webhookSecretArn: secretArn('clerk-webhook') } }),
  PRIVO: () => ({ privo: somePrivo }),
  SUPER_USER_ADDRESSES: () => ({ superUserAddresses: ['somebody@example.com'] }),
  ADMIN_ADDRESSES: () => ({ adminAddresses: ['somebody@example.com'] }),
  ADMIN_TOKEN: () => ({ adminTokenArn: secretArn('admin-token') }),
  ADDRESS_RULES: () => ({ addressRules: [{ type: 'allow', pattern: '.*' }] }),
  FRONTEND_ORIGIN: () => ({ frontendOrigin: 'https://frontend.example' }),
  OUTBOUND_ALLOW_HOSTS: () => ({ outboundAllowHosts: ['localhost:80'] }),
  DNS_SERVERS: () => ({ dnsServers: ['127.0.0.1'] }),
  RATE_LIMIT: () => ({ rateLimit: { maxHits: 1, windowMs: 1 } }),
  FRAME_RATE_LIMIT: () => ({ frameRateLimit: { maxHits: 1, windowMs: 1 } }),
  OPENAI_API_KEY: () => ({ openAi: { apiKeyArn: secretArn('openai') } }),
  OPENAI_BASE_URL: () => ({ openAi: { baseUrl: 'https://openai.example/v1' } }),
  OPENAI_API: () => ({ openAi: { api: 'chat' } }),
  FIREWORKS_API_KEY: () => ({ fireworks: { apiKeyArn: secretArn('fireworks') } }),
  FIREWORKS_BASE_URL: () => ({ fireworks: { baseUrl: 'https://fireworks.example/v1' } }),
  PRESENCE_THROTTLE_MS: () => ({ rooms: { presenceThrottleMs: 100 } }),
  CHAT_HISTORY_LIMIT: () => ({ rooms: { chatHistoryLimit: 100 } }),
  CHAT_RETENTION_DAYS: () => ({ rooms: { chatRetentionDays: 1 } }),
  BRANCH_VERSIONS: () => ({ branches: { versions: { everyMinutes: 1, keepDays: 1 } } }),
  SHOW_EMAIL: () => ({ branches: { showEmail: true } }),
  PUBLIC_INSTS: () => ({ publicInsts: null }),
  SERVER_ID: (serverId) => ({ serverId }),
  // A deployment with peers needs an id.
  PEERS: () => ({ serverId: 'here', peers: [{ serverId: 'there', url: 'https://there.example' }] }),
  NODES_MAX_WAIT_MS: () => ({ nodes: { maxWaitMs: 9_000 } }),
  NODES_MAX_WAITING: () => ({ nodes: { maxWaiting: 500 } }),
  INSTANCE_MAX_KEYS: () => ({ instances: { maxKeys: 10_000 } }),
  INSTANCE_MAX_BYTES: () => ({ instances: { maxBytes: 1_000_000 } }),
  NODES_GUARDED: () => ({ nodes: { guarded: ['private:'] } }),
  // These two also determine as which sender the function may send.
  MAIL_FROM: (mailFrom) => ({ mailFrom }),
  SMS_SENDER: (smsSender) => ({ smsSender }),
};

/** Pages from this machine, on any port, because a front end in development has its own. */
const localOrigins = ['localhost', '127.0.0.1', '[::1]']
  .flatMap((host) => [`http://${host}:*`, `https://${host}:*`])
  .join(' ');

/** Local passkeys work for pages of this machine. Browsers accept its name, but not its address. */
const localParties = ['http', 'https'].map((scheme) => ({
  name: 'Chorus',
  id: 'localhost',
  origin: `${scheme}://localhost:*`,
}));

/** A placeholder for a secret; on a laptop the setting itself contains it. */
function secretArn(name: string): string {
  return `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`;
}

/** A valid placeholder; on a laptop the setting itself contains the client's secret. */
const somePrivo = {
  gatewayEndpoint: 'https://gateway.example',
  publicEndpoint: 'https://privo.example',
  clientId: 'client',
  clientSecretArn: secretArn('privo'),
  redirectUri: 'https://app.example/oauth-redirect',
  roleIds: { child: 'child', parent: 'parent', adult: 'adult' },
  featureIds: {
    childPrivoSSO: 'child-sso',
    adultPrivoSSO: 'adult-sso',
    joinAndCollaborate: 'join',
    publishProjects: 'publish',
    projectDevelopment: 'develop',
    buildAIEggs: 'ai',
  },
};

/** Defaults on a laptop: anonymous access, and an outbox instead of mail. */
const localDefaults: Values = {
  ANONYMOUS: 'rooms,nodes,insts',
  ACCOUNT_ORIGINS: localOrigins,
  API_ORIGINS: localOrigins,
  WEBAUTHN: JSON.stringify(localParties),
  ADMIN_ADDRESSES: 'admin@example.com',
  // A laptop runs 64 environments of a function at a time.
  NODES_MAX_WAITING: '56',
  MAIL_FROM: 'Chorus <chorus@example.com>',
  SMS_SENDER: 'Chorus',
};

/** The settings of this run. `env` (the environment over `.env`) overrides the local defaults. */
export function localSettings(env: Values): Values {
  return { ...localDefaults, ...env };
}

/**
 * Props of `Chorus` that make the functions declare every setting with a value. Empty settings stay undeclared, because
 * an empty variable does not deploy.
 */
export function declaringProps(settings: Values): Readonly<Record<string, unknown>> {
  const props: Record<string, unknown> = { frameRateLimit: false, rooms: {} };
  for (const [name, declare] of Object.entries(declarations)) {
    const value = settings[name];
    if (!value) continue;
    // Some props are groups; several settings declare one member each.
    for (const [prop, declared] of Object.entries(declare(value))) props[prop] = joined(props[prop], declared);
  }
  return props;
}

function joined(one: unknown, other: unknown): unknown {
  return isGroup(one) && isGroup(other) ? { ...one, ...other } : other;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The template's variables of a function, overridden by the settings; only those that the function declares, without
 * empty ones.
 */
export function overlaid(part: FunctionPart, settings: Values): Readonly<Record<string, string>> {
  const entries = Object.entries(part.environment).map(([name, value]) => [name, settings[name] ?? value] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
