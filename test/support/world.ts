import type { Metered } from '../../functions/adapters/dynamodb-meter.ts';
import { createOutbound } from '../../functions/adapters/outbound.ts';
import { defineApp } from '../../functions/core/app.ts';
import { type Limits, noLimits } from '../../functions/core/limits.ts';
import type { Ports } from '../../functions/core/ports.ts';
import { readSettings, type Settings } from '../../functions/core/settings.ts';
import { unreachableFiles } from './files-at.ts';
import { rememberingFunctions } from './functions.ts';
import { type Http, httpOver } from './http.ts';
import {
  countingIds,
  rememberingBlobs,
  rememberingFanOut,
  rememberingGateway,
  rememberingLane,
  rememberingLog,
  rememberingOutbox,
  rememberingReminders,
  standingClock,
} from './remembering-ports.ts';
import { openTables } from './tables.ts';

/** The origin of pages in this world. */
export const accountOrigin = 'https://account.example.com';
export const appOrigin = 'https://app.example.com';
/** The relying party of its passkeys. */
export const relyingParty = { name: 'Example', id: 'example.com', origin: accountOrigin };

export interface SignedIn {
  readonly userId: string;
  readonly sessionKey: string;
  readonly connectionKey: string;
  readonly sessionId: string;
  readonly expireTimeMs: number;
}

/**
 * A small deployment for tests: empty tables of the embedded engine, a clock that stands still, ids that count up, and
 * a record of everything that goes out. Its ports may be the base of other worlds; `http` answers like the HTTP API.
 */
export async function makeWorld(settings: Partial<Settings> = {}, limits: Limits = noLimits) {
  const calls: Metered[] = [];
  const clock = standingClock();
  const outbox = rememberingOutbox();
  const blobs = rememberingBlobs();
  const gateway = rememberingGateway();
  const fanOut = rememberingFanOut();
  const lane = rememberingLane();
  const log = rememberingLog();
  const functions = rememberingFunctions(() => ports);
  const allowedHosts = new Set<string>();
  const ports: Ports = {
    ...(await openTables((call) => calls.push(call))),
    clock,
    ids: countingIds(),
    blobs,
    outbox,
    gateway,
    fanOut,
    deliveries: rememberingFanOut(),
    reminders: rememberingReminders(),
    lane,
    functions,
    outbound: createOutbound({ resolve: async () => [], allowHosts: allowedHosts }),
    files: unreachableFiles(clock),
    log,
    secrets: {
      server: async () => new Uint8Array(32).fill(7),
      edge: async () => new TextEncoder().encode('the edge is ours'),
      named: async (arn) => `the secret ${arn}`,
    },
    app: defineApp({ name: 'test' }),
    limits,
    settings: {
      ...readSettings({
        ANONYMOUS: 'rooms',
        ACCOUNT_ORIGINS: accountOrigin,
        API_ORIGINS: appOrigin,
        WEBAUTHN: JSON.stringify([relyingParty]),
      }),
      ...settings,
    },
  };
  const http = httpOver(ports);
  return {
    ports,
    clock,
    outbox,
    blobs,
    gateway,
    fanOut,
    lane,
    functions,
    log,
    /** Each `host:port` that requests to outside URLs can reach; no other host has a name. */
    allowedHosts,
    /** What each call of the tables cost. */
    calls,
    http,
    signIn: (address: string) => signIn(http, outbox, address),
  };
}

export type World = Awaited<ReturnType<typeof makeWorld>>;

/** Signs in with a code, as a client does. */
export async function signIn(
  http: Http,
  outbox: { readonly messages: readonly { readonly to: string; readonly code: string }[] },
  address: string,
): Promise<SignedIn> {
  const addressType = address.includes('@') ? 'email' : 'phone';
  const asked = await http('POST', '/api/v2/login', { body: { address, addressType } });
  const code = outbox.messages.findLast(({ to }) => to === address)?.code;
  const { userId, requestId } = asked.body;
  const { body } = await http('POST', '/api/v2/completeLogin', { body: { userId, requestId, code } });
  if (body?.success !== true) throw new Error(`Signing in failed: ${JSON.stringify(body)}`);
  return { ...body, sessionId: sessionIdIn(body.sessionKey) };
}

/** The id in a session's key string. */
export function sessionIdIn(sessionKey: string): string {
  return Buffer.from(sessionKey.split('.')[2] ?? '', 'base64').toString();
}
