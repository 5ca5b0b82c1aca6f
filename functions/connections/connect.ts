import { identify } from '../auth/credentials.ts';
import { countsEverywhere } from '../core/access.ts';
import { branded } from '../core/branded.ts';
import type { Identity } from '../core/caller.ts';
import type { Connection } from '../core/connection.ts';
import { connectionLifetimeMs } from '../core/connection.ts';
import { openConnection, turnAway } from '../core/connection-store.ts';
import { errors, Failure } from '../core/errors.ts';
import type { ConnectionId, EpochMs, UserId } from '../core/names.ts';
import { failureOf } from '../core/pipeline.ts';
import { takePlace } from '../core/places.ts';
import type { Ports } from '../core/ports.ts';
import { sourceAddress } from '../core/source-address.ts';
import { identityShown } from '../socket-auth/shown.ts';
import type { Shown } from '../socket-tokens/who-opens.ts';
import type { Dialect } from '../wire/dialect.ts';
import { dialects } from '../wire/dialects.ts';
import { greets } from './greet.ts';
import type { GatewayEvent } from './socket-event.ts';
import { upgradeOf } from './upgrades.ts';

export interface ConnectAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The handshake: determines the dialect, checks the credential, and stores the connection. An invalid credential is
 * refused with 401, never treated as anonymous. The gateway accepts no posts yet, so greetings are sent through the
 * lane.
 */
export async function connect(ports: Ports, event: GatewayEvent): Promise<ConnectAnswer> {
  const query = event.queryStringParameters ?? {};
  const path = query.path ?? '/';
  const offered = (header(event, 'sec-websocket-protocol') ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const dialect = dialects.find((one) => one.speaks(path, offered));
  if (!dialect) return { statusCode: 404 };
  if (!mayOpen(ports, event)) return { statusCode: 403 };
  let who: Who;
  try {
    who = await whoConnects(ports, event, path, dialect);
  } catch (thrown) {
    return { statusCode: statusOf(failureOf(thrown, ports, '$connect')) };
  }
  const { connectionId, requestTimeEpoch, connectedAt } = event.requestContext;
  const id = branded<ConnectionId>(connectionId);
  const start = connectedAt ?? requestTimeEpoch;
  const connection: Connection = {
    id,
    dialect: dialect.name,
    path,
    ip: await addressOf(ports, event),
    ...originOf(event),
    ...who,
    ...(query.initialPush === '0' ? { initialPush: false } : {}),
    channels: new Set(),
    subscriptions: new Set(),
    signIns: 0,
    connectedAt: branded<EpochMs>(start),
    expiresAt: branded<EpochMs>(start + connectionLifetimeMs),
    quietSince: branded<EpochMs>(start),
    answersPings: dialect.answersPings === true,
    greeted: false,
    isTurnedAway: false,
  };
  await openConnection(ports, connection);
  if (greets(dialect)) {
    if (!(await takePlace(ports, connection))) await turnAway(ports, id);
    await ports.lane.greet(id);
  }
  return accepted(dialect, offered);
}

/** Every invalid credential is 401; 403 is for known callers without access to what the path names. */
function statusOf({ code }: Failure): number {
  if (code === 'server_error' || code === 'service_unavailable') return errors[code].status;
  return code === 'not_authorized' ? 403 : 401;
}

/** Refuses pages whose origin the application does not list. Programs send no origin. */
function mayOpen({ app: { allowedOrigins } }: Ports, event: GatewayEvent): boolean {
  const origin = header(event, 'origin');
  return allowedOrigins === undefined || origin === undefined || allowedOrigins.includes(origin);
}

/** The identity, or the display name that the application gives to an anonymous client. */
type Who = Pick<Connection, 'identity' | 'name' | 'email'>;

/** Runs our own check of the credential, then the application's. @throws Failure for clients that may not connect */
async function whoConnects(ports: Ports, event: GatewayEvent, path: string, dialect: Dialect): Promise<Who> {
  const identity = await whoShows(ports, event, path, dialect);
  const { authorize } = ports.app;
  if (!authorize) {
    if (!identity && ports.settings.requireSignIn) throw refusal();
    return { identity };
  }
  const headers = Object.fromEntries(
    Object.entries(event.headers ?? {}).map(([key, text]) => [key.toLowerCase(), text]),
  );
  const query = event.queryStringParameters ?? {};
  const ip = await addressOf(ports, event);
  const authorized = await authorize({ path, query, headers, ip, userId: identity?.userId });
  if (!authorized) throw refusal();
  const { userId, ...shown } = authorized;
  if (identity) return { identity: { ...identity, ...shown } };
  if (userId === undefined && ports.settings.requireSignIn) throw refusal();
  if (userId === undefined) return { identity: undefined, ...shown };
  const credential = { kind: 'app', id: userId, expiresAt: null } as const;
  return { identity: { userId: branded<UserId>(userId), role: 'none', credential, ...shown } };
}

/** Some clients can sign in later: their invalid token counts as absent. */
async function whoShows(
  ports: Ports,
  event: GatewayEvent,
  path: string,
  { name, forgivesToken }: Dialect,
): Promise<Identity | undefined> {
  const upgrade = upgradeOf(name);
  if (upgrade) return upgrade(ports, path, shownIn(event));
  const shown = credentialOf(event);
  if (shown === undefined || !forgivesToken || shown !== event.queryStringParameters?.token) {
    const identity = await identify(ports, shown);
    if (identity && !countsEverywhere(identity.credential)) throw notHere();
    return identity;
  }
  try {
    return await identityShown(ports, shown);
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}

/** Only sockets of instances accept such keys. */
const notHere = () =>
  new Failure('invalid_key', 'This API key is good for one project or instance, and for nothing else.');

const refusal = () => new Failure('not_logged_in', 'Sign-in is required here.');

function accepted(dialect: Dialect, offered: readonly string[]): ConnectAnswer {
  const chosen = dialect.subprotocol && offered.includes(dialect.subprotocol) ? dialect.subprotocol : undefined;
  return { statusCode: 200, ...(chosen ? { headers: { 'Sec-WebSocket-Protocol': chosen } } : {}) };
}

/** Browsers cannot set headers on a socket, so three query parameters are accepted as well. */
function credentialOf(event: GatewayEvent): string | undefined {
  const { access_token, apiKey, token } = event.queryStringParameters ?? {};
  const authorization = header(event, 'authorization');
  return access_token ?? apiKey ?? token ?? (authorization?.startsWith('Bearer ') ? authorization.slice(7) : undefined);
}

/** A `token` that opens a single socket is returned separately. An `Authorization` header must be valid in any case. */
function shownIn(event: GatewayEvent): Shown {
  const { access_token, apiKey, token } = event.queryStringParameters ?? {};
  const credential = apiKey ?? access_token ?? header(event, 'authorization')?.replace(/^Bearer /, '');
  return { token, credential };
}

function originOf(event: GatewayEvent): Pick<Connection, 'origin'> {
  const origin = header(event, 'origin');
  return origin === undefined ? {} : { origin };
}

function addressOf(ports: Ports, event: GatewayEvent): Promise<string> {
  return sourceAddress(event.requestContext.identity?.sourceIp ?? '', (name) => header(event, name), ports);
}

/** `$connect` events have header names as the client sent them. */
function header(event: GatewayEvent, name: string): string | undefined {
  return Object.entries(event.headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
