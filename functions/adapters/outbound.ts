import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import { Failure } from '../core/errors.ts';
import type { Outbound, OutboundAnswer, OutboundRequest } from '../core/ports.ts';
import { isPublicAddress } from './public-address.ts';
import type { Address, Resolve } from './resolver.ts';

export interface OutboundOptions {
  readonly resolve: Resolve;
  /** Each `host:port`, in lower case. These may have private addresses, and need no TLS. */
  readonly allowHosts: ReadonlySet<string>;
}

/** Time limit for DNS, and again for opening the connection. */
const connectMs = 2_000;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Headers that a redirect must not carry to another host. */
const personal = /^(authorization|cookie|proxy-authorization)$/i;

/**
 * The `Outbound` port. It resolves a host once. All of its addresses must be public, and the connection goes to one of
 * them, so that DNS rebinding has no effect. Every request opens its own connection, without proxies.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  async function hop(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const url = readUrl(request.url, options.allowHosts);
    const addresses = await publicAddresses(url, options);
    if (addresses.length === 0) throw unreachable(url);
    return exchange(url, addresses, request, signal);
  }

  return {
    async check(text) {
      // An unknown name is accepted, because it is no private host now, and each request checks again.
      const url = readUrl(text, options.allowHosts);
      await publicAddresses(url, options).catch((error: unknown) => {
        if (error instanceof Failure && error.code === 'unacceptable_url') throw error;
      });
    },

    async send(request) {
      const signal = AbortSignal.timeout(request.timeoutMs);
      let next = request;
      for (let left = request.redirects ?? 0; ; left -= 1) {
        const answer = await hop(next, signal);
        const { location } = answer.headers;
        if (left <= 0 || location === undefined || !redirects.has(answer.status)) return answer;
        next = redirected(next, location);
      }
    },
  };
}

/** @throws Failure `unacceptable_url` for URLs that are refused without DNS */
function readUrl(text: string, allowHosts: ReadonlySet<string>): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refusal('The URL must begin with https://.');
  if (url.username !== '' || url.password !== '') throw refusal('The URL must not hold a user name or password.');
  if (isAllowed(url, allowHosts)) return url;
  if (url.protocol !== 'https:') throw refusal('The URL must begin with https://.');
  if (/(^|\.)(localhost|local|internal)\.?$/i.test(url.hostname)) throw notPublic(url);
  return url;
}

function isAllowed({ hostname, port, protocol }: URL, allowHosts: ReadonlySet<string>): boolean {
  return allowHosts.has(`${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`);
}

/** @throws Failure `unacceptable_url` if one of them is not public; `service_unavailable` when DNS fails */
async function publicAddresses(url: URL, { resolve, allowHosts }: OutboundOptions): Promise<readonly Address[]> {
  const host = bare(url.hostname);
  const family = isIP(host);
  const found =
    family === 0 ? await inTime(resolve(host), url) : [{ address: host, family: family === 6 ? 6 : 4 } as const];
  const isOpen = ({ address, family: version }: Address) => isPublicAddress(address, version);
  if (!isAllowed(url, allowHosts) && !found.every(isOpen)) throw notPublic(url);
  return found;
}

async function inTime(found: Promise<readonly Address[]>, url: URL): Promise<readonly Address[]> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(unreachable(url)), connectMs);
  return Promise.race([found, late])
    .catch(() => {
      throw unreachable(url);
    })
    .finally(() => clearTimeout(timer));
}

function exchange(
  url: URL,
  addresses: readonly Address[],
  { method = 'GET', headers = {}, body, maxBytes }: OutboundRequest,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<OutboundAnswer>();
  const open = url.protocol === 'https:' ? https.request : http.request;
  const request = open({
    host: bare(url.hostname),
    port: url.port || undefined,
    path: `${url.pathname}${url.search}`,
    method,
    // No compression, because a compressed body expands beyond the limit.
    headers: { ...headers, host: url.host, 'accept-encoding': 'identity' },
    // Connects to exactly the addresses that were checked.
    lookup: (_host, { all }, found) => {
      const [first] = addresses;
      if (all) found(null, [...addresses]);
      else found(null, first?.address ?? '', first?.family);
    },
    agent: false,
    signal,
  });
  const timer = setTimeout(() => request.destroy(new Error('No connection in time')), connectMs);
  const connected = () => clearTimeout(timer);
  request.on('socket', (socket) => {
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
  });
  let isAnswered = false;
  request.on('response', (response) => {
    isAnswered = true;
    read(response, maxBytes).then(resolve, reject);
  });
  request.on('error', reject);
  request.on('close', () => {
    connected();
    // Closed without an answer, or with one that switches protocols: no other will come.
    if (!isAnswered) reject(new Error('The connection was closed'));
  });
  request.end(body);
  return promise.catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    if (signal.aborted) throw new Failure('took_too_long', `${url.host} did not answer in time.`);
    throw unreachable(url);
  });
}

/** @throws Failure `too_large` */
async function read(response: http.IncomingMessage, maxBytes: number): Promise<OutboundAnswer> {
  const answer = { status: response.statusCode ?? 0, headers: singles(response.headers) };
  if (maxBytes === 0 || redirects.has(answer.status)) {
    response.destroy();
    return { ...answer, body: new Uint8Array() };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size > maxBytes) throw new Failure('too_large', `The answer is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return { ...answer, body: Buffer.concat(chunks) };
}

function singles(headers: http.IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** The next request of a redirect: without a body, which was not meant for that host, and without credentials. */
function redirected(request: OutboundRequest, location: string): OutboundRequest {
  if (!URL.canParse(location, request.url)) throw refusal('The host redirects to something that is no URL.');
  const url = new URL(location, request.url);
  const isSame = url.origin === new URL(request.url).origin;
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => isSame || !personal.test(name));
  const { body: _, ...rest } = request;
  return {
    ...rest,
    url: url.href,
    method: request.method === 'HEAD' ? 'HEAD' : 'GET',
    headers: Object.fromEntries(headers),
  };
}

/** A URL has an IPv6 address in brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function refusal(message: string): Failure {
  return new Failure('unacceptable_url', message);
}

function notPublic({ host }: URL): Failure {
  return refusal(`${host} is no host of the public internet.`);
}

function unreachable({ host }: URL): Failure {
  return new Failure('service_unavailable', `${host} could not be reached.`);
}
