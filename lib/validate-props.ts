import { isIP } from 'node:net';
import { Token } from 'aws-cdk-lib/core';
import { isPeers, isServerId, longestWaitMs } from '../functions/core/peers.ts';
import { isPrivoSettings } from '../functions/core/privo-settings.ts';
import type { ChorusProps } from './chorus-props.ts';

/**
 * Validates a deployment's settings before anything is deployed. Types are not enough, because settings may come from
 * cdk.json or plain JavaScript.
 * @throws Error that names the setting, the given value, and what would be valid
 */
export function validateProps(props: ChorusProps): void {
  flags(props, 'requireSignIn', 'requireOrigin', 'edge', 'socketAccessLogs', 'tracing');
  one(props.environment, 'environment', isWord, 'a word such as production or development');
  each(
    props.anonymous,
    'anonymous',
    (area) => ['rooms', 'nodes', 'insts'].includes(area),
    'one of rooms, nodes, insts',
  );
  for (const name of ['accountOrigins', 'apiOrigins'] as const) each(props[name], name, isOrigin, ORIGIN);
  for (const name of ['superUserAddresses', 'adminAddresses'] as const) each(props[name], name, isAddress, ADDRESS);
  one(props.frontendOrigin, 'frontendOrigin', isOrigin, ORIGIN);
  one(props.mailFrom, 'mailFrom', isSender, 'an address such as name@example.com or Name <name@example.com>');
  one(props.smsSender, 'smsSender', isSmsSender, 'up to 11 letters and digits, or a phone number such as +15550100');
  each(props.outboundAllowHosts, 'outboundAllowHosts', isHostAndPort, 'a host with its port such as example.com:8443');
  each(props.dnsServers, 'dnsServers', isServer, 'an IP address, with its port where that is not 53');
  one(props.alarmEmail, 'alarmEmail', isMail, 'a mail address');
  each(props.authIssuers, 'authIssuers', isIssuer, '{ issuer, jwksUrl?, audience?, provider? } with https addresses');
  one(unlessSecret(props.clerk?.secretKeyArn), 'clerk.secretKeyArn', isSecretArn, SECRET_ARN);
  one(unlessSecret(props.clerk?.webhookSecretArn), 'clerk.webhookSecretArn', isSecretArn, SECRET_ARN);
  one(unlessSecret(props.adminTokenArn), 'adminTokenArn', isSecretArn, SECRET_ARN);
  one(props.clerk?.jwksUrl, 'clerk.jwksUrl', isHttps, 'an address that begins with https://');
  one(props.clerk?.issuer, 'clerk.issuer', isHttps, 'an address that begins with https://');
  each(props.clerk?.authorizedParties, 'clerk.authorizedParties', isOrigin, ORIGIN);
  for (const name of ['openAi', 'fireworks'] as const) {
    one(unlessSecret(props[name]?.apiKeyArn), `${name}.apiKeyArn`, isSecretArn, SECRET_ARN);
    one(props[name]?.baseUrl, `${name}.baseUrl`, isHttps, 'an address that begins with https://');
  }
  one(props.openAi?.api, 'openAi.api', (api) => ['responses', 'chat'].includes(String(api)), 'responses or chat');
  each(props.webAuthn, 'webAuthn', isRelyingParty, RELYING_PARTY);
  one(withoutSecret(props.privo), 'privo', isPrivo, PRIVO);
  each(props.addressRules, 'addressRules', isRule, '{ type: "allow" or "deny", pattern }');
  if (props.publicInsts !== null && props.publicInsts !== false) {
    one(props.publicInsts, 'publicInsts', isLifetime, LIFETIME);
  }
  one(props.rateLimit, 'rateLimit', isRate, RATE);
  if (props.frameRateLimit !== false) one(props.frameRateLimit, 'frameRateLimit', isRate, `${RATE}, or false`);
  one(props.rooms?.presenceThrottleMs, 'rooms.presenceThrottleMs', whole(0, 10_000), 'milliseconds, 0 to 10000');
  one(props.rooms?.chatHistoryLimit, 'rooms.chatHistoryLimit', whole(0, 1_000), 'a number of messages, 0 to 1000');
  one(props.rooms?.chatRetentionDays, 'rooms.chatRetentionDays', whole(1, 36_500), 'a whole number of days, 1 or more');
  one(props.serverId, 'serverId', isServerId, 'a name of up to 64 letters, digits, dots, hyphens and underscores');
  one(props.peers, 'peers', (peers) => isPeers(peers, props.serverId ?? ''), PEERS);
  one(props.nodes?.maxWaitMs, 'nodes.maxWaitMs', whole(0, longestWaitMs), `milliseconds, 0 to ${longestWaitMs}`);
  one(props.nodes?.maxWaiting, 'nodes.maxWaiting', whole(0, 1_000_000), 'a number of requests');
  each(props.nodes?.guarded, 'nodes.guarded', isPrefix, 'the beginning of keys, with <userId> in it at most once');
  one(props.instances?.maxKeys, 'instances.maxKeys', whole(1, 100_000), 'a number of keys, 1 to 100000');
  one(props.instances?.maxBytes, 'instances.maxBytes', whole(1, 900_000_000), 'a number of bytes, 1 to 900000000');
  one(props.branches?.versions, 'branches.versions', isVersions, '{ everyMinutes, keepDays }, neither of them below 0');
  one(props.branches?.showEmail, 'branches.showEmail', (value) => typeof value === 'boolean', 'true or false');
  together(props);
}

const ORIGIN = 'an origin such as https://example.com, without a path';
const ADDRESS = 'a mail address or phone number';
const SECRET_ARN = 'the ARN of a secret in AWS Secrets Manager';
const RELYING_PARTY = '{ name, id, origin }, its id the host of its origin or a domain above that';
const PRIVO =
  '{ gatewayEndpoint, publicEndpoint, clientId, clientSecretArn, redirectUri, roleIds, featureIds, … } without the secret itself';
const PEERS = 'a list of { serverId, url }, each another server than this one, its url with http or https';
const LIFETIME = '{ lifetimeSeconds, expireMode: "NX", "XX", "GT" or null }, or null, or false';
const RATE = '{ maxHits, windowMs }, both whole numbers above 0';

/** Checks combinations of settings that are valid individually. */
function together(props: ChorusProps): void {
  if (props.data !== undefined && props.removal !== undefined) {
    fail('removal', props.removal, 'left out where data is given: it belongs to ChorusData then');
  }
  if ((props.domainName === undefined) !== (props.certificate === undefined)) {
    fail('domainName', props.domainName, 'given together with certificate, or not at all');
  }
  if (props.peers !== undefined && props.serverId === undefined) {
    fail('serverId', props.serverId, 'given where there are peers, by the name that they know it by');
  }
  if (props.edge === false && props.domainName !== undefined) {
    fail('domainName', props.domainName, 'left out where edge is false: it names the edge');
  }
}

function flags<Name extends keyof ChorusProps>(props: ChorusProps, ...names: Name[]): void {
  for (const name of names) one(props[name], name, (value) => typeof value === 'boolean', 'true or false');
}

function each<T>(values: readonly T[] | undefined, name: string, fits: (value: T) => boolean, expected: string): void {
  if (values === undefined || Token.isUnresolved(values)) return;
  if (!Array.isArray(values)) fail(name, values, `a list, each ${expected}`);
  values.forEach((value, index) => {
    one(value, `${name}[${index}]`, fits, expected);
  });
}

function one<T>(value: T | undefined, name: string, fits: (value: T) => boolean, expected: string): void {
  if (value === undefined || Token.isUnresolved(value) || fits(value)) return;
  fail(name, value, expected);
}

function fail(name: string, value: unknown, expected: string): never {
  throw new Error(`Chorus: ${name} must be ${expected}; it is ${JSON.stringify(value) ?? 'missing'}.`);
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value);
}

function isOrigin(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    URL.canParse(value) &&
    /^https?:$/.test(new URL(value).protocol) &&
    new URL(value).origin === value
  );
}

function isAddress(value: unknown): boolean {
  return isMail(value) || (typeof value === 'string' && /^\+\d{6,15}$/.test(value));
}

function isMail(value: unknown): boolean {
  return typeof value === 'string' && /^[^\s@<>,]+@[^\s@<>,]+$/.test(value);
}

function isSender(value: unknown): boolean {
  return typeof value === 'string' && isMail(/^[^<>]+ <([^<>]+)>$/.exec(value)?.[1] ?? value);
}

function isSmsSender(value: unknown): boolean {
  return typeof value === 'string' && /^([A-Za-z0-9]{1,11}|\+\d{6,15})$/.test(value);
}

function isHostAndPort(value: unknown): boolean {
  return typeof value === 'string' && /^[^\s,/@:]+:\d{1,5}$|^\[[\da-f:.]+\]:\d{1,5}$/i.test(value);
}

function isServer(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, six, four = six] = /^(?:\[(.+)\]|([\d.]+))(?::\d{1,5})?$/.exec(value) ?? [];
  return isIP(four ?? value) !== 0;
}

function isIssuer(value: unknown): boolean {
  const { issuer, jwksUrl } = Object(value);
  return isHttps(issuer) && (jwksUrl === undefined || isHttps(jwksUrl));
}

function isHttps(value: unknown): boolean {
  return typeof value === 'string' && (Token.isUnresolved(value) || /^https:\/\/[^/]/.test(value));
}

function isRelyingParty(value: unknown): boolean {
  const { name, id, origin } = Object(value);
  if (typeof name !== 'string' || name === '' || typeof id !== 'string' || !isOrigin(origin)) return false;
  return `.${new URL(origin).hostname}`.endsWith(`.${id}`);
}

/** For messages: a value that is no ARN may be the secret itself, so it is not shown. */
function unlessSecret(arn: string | undefined): string | undefined {
  return arn === undefined || isSecretArn(arn) ? arn : 'not shown';
}

/** For messages: the value may contain the secret where only its ARN belongs, so it is removed. */
function withoutSecret(privo: unknown): unknown {
  return typeof privo === 'object' && privo !== null && 'clientSecret' in privo
    ? { ...privo, clientSecret: 'not shown' }
    : privo;
}

function isSecretArn(value: unknown): boolean {
  return Token.isUnresolved(value) || (typeof value === 'string' && /^arn:[^:]+:secretsmanager:/.test(value));
}

function isPrivo(value: unknown): boolean {
  if (!isPrivoSettings(value)) return false;
  const { clientSecretArn = '' } = value;
  return isSecretArn(clientSecretArn);
}

function isRule(value: unknown): boolean {
  const { type, pattern } = Object(value);
  return (type === 'allow' || type === 'deny') && typeof pattern === 'string' && pattern !== '';
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.split('<userId>').length <= 2;
}

function isLifetime(value: unknown): boolean {
  const { lifetimeSeconds, expireMode } = Object(value);
  return whole(1, 1_000_000_000)(lifetimeSeconds) && [null, 'NX', 'XX', 'GT'].includes(expireMode);
}

function isRate(value: unknown): boolean {
  const { maxHits, windowMs } = Object(value);
  return whole(1, 1_000_000_000)(maxHits) && whole(1, 1_000_000_000)(windowMs);
}

function whole(from: number, to: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
}

function isVersions(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('everyMinutes' in value) || !('keepDays' in value)) return false;
  return [value.everyMinutes, value.keepDays].every((one) => typeof one === 'number' && one >= 0 && one <= 36_500);
}
