import { ENV, type EnvName } from '../functions/core/env.ts';
import type { ChorusProps, RoomsProps } from './chorus-props.ts';

/** A function's environment. Unset settings are absent: an empty value does not deploy. */
export type Environment = Readonly<Partial<Record<EnvName, string>>>;

/** Stops a script that floods its socket, but not a busy game. */
const FRAME_RATE_LIMIT = { maxHits: 1_000, windowMs: 10_000 };

/** Settings of functions that authenticate callers. `ownOrigins` are the deployment's own origins. */
export function doorSettings(props: ChorusProps, ownOrigins: readonly string[]): Environment {
  return present({
    [ENV.environment]: props.environment,
    [ENV.requireSignIn]: flag(props.requireSignIn),
    [ENV.anonymous]: list(props.anonymous, ','),
    [ENV.accountOrigins]: list(props.accountOrigins ?? ownOrigins, ' '),
    [ENV.apiOrigins]: list(props.apiOrigins ?? ownOrigins, ' '),
    [ENV.requireOrigin]: flag(props.requireOrigin),
    [ENV.authIssuers]: json(props.authIssuers),
    [ENV.clerkSecretKey]: props.clerk?.secretKeyArn,
    [ENV.clerkJwksUrl]: props.clerk?.jwksUrl,
    [ENV.clerkIssuer]: props.clerk?.issuer,
    [ENV.clerkAuthorizedParties]: list(props.clerk?.authorizedParties, ','),
    [ENV.privo]: json(props.privo),
    [ENV.superUserAddresses]: list(props.superUserAddresses, ','),
    [ENV.adminAddresses]: list(props.adminAddresses, ','),
    [ENV.addressRules]: json(props.addressRules),
    [ENV.frontendOrigin]: props.frontendOrigin,
    [ENV.branchVersions]: json(props.branches?.versions),
    [ENV.showEmail]: flag(props.branches?.showEmail),
    [ENV.publicInsts]: props.publicInsts === undefined ? undefined : JSON.stringify(props.publicInsts),
    [ENV.rateLimit]: json(props.rateLimit),
    [ENV.frameRateLimit]: props.frameRateLimit === false ? undefined : json(props.frameRateLimit ?? FRAME_RATE_LIMIT),
  });
}

/** Settings of the passkeys function. */
export function passkeySettings({ webAuthn }: ChorusProps): Environment {
  return present({ [ENV.webAuthn]: json(webAuthn) });
}

/** Additional settings of the instances function. */
export function instanceSettings({ clerk, adminTokenArn }: ChorusProps): Environment {
  return present({ [ENV.clerkWebhookSecret]: clerk?.webhookSecretArn, [ENV.adminToken]: adminTokenArn });
}

/** Settings of functions that call AI models. */
export function modelSettings({ openAi, fireworks }: ChorusProps): Environment {
  return present({
    [ENV.openAiApiKey]: openAi?.apiKeyArn,
    [ENV.openAiBaseUrl]: openAi?.baseUrl,
    [ENV.openAiApi]: openAi?.api,
    [ENV.fireworksApiKey]: fireworks?.apiKeyArn,
    [ENV.fireworksBaseUrl]: fireworks?.baseUrl,
  });
}

/** Settings of functions that send requests to user-supplied URLs. */
export function outboundSettings({ outboundAllowHosts, dnsServers }: ChorusProps): Environment {
  return present({
    [ENV.outboundAllowHosts]: list(outboundAllowHosts, ','),
    [ENV.dnsServers]: list(dnsServers, ','),
  });
}

/** Settings of all functions that may raise nodes, including background ones. */
export function nodeSettings({ serverId, peers, nodes = {} }: ChorusProps): Environment {
  return present({
    [ENV.serverId]: serverId,
    [ENV.peers]: json(peers),
    [ENV.nodesMaxWaitMs]: number(nodes.maxWaitMs),
    [ENV.nodesMaxWaiting]: number(nodes.maxWaiting),
    [ENV.nodesGuarded]: json(nodes.guarded),
  });
}

/** Settings of all functions that may write keys of instances. */
export function memorySettings({ instances = {} }: ChorusProps): Environment {
  return present({
    [ENV.instanceMaxKeys]: number(instances.maxKeys),
    [ENV.instanceMaxBytes]: number(instances.maxBytes),
  });
}

/** Settings of all functions that handle rooms, including background ones. */
export function roomSettings(rooms: RoomsProps = {}): Environment {
  return present({
    [ENV.presenceThrottleMs]: number(rooms.presenceThrottleMs),
    [ENV.chatHistoryLimit]: number(rooms.chatHistoryLimit),
    [ENV.chatRetentionDays]: number(rooms.chatRetentionDays),
  });
}

function present(values: Readonly<Record<string, string | undefined>>): Environment {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

function flag(value: boolean | undefined): string | undefined {
  return value === true ? 'true' : undefined;
}

function number(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function list(values: readonly string[] | undefined, separator: string): string | undefined {
  return values?.join(separator);
}

function json(value: object | undefined): string | undefined {
  return value === undefined || (Array.isArray(value) && value.length === 0) ? undefined : JSON.stringify(value);
}
