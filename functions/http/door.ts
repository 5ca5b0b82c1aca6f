import middy from '@middy/core';
import { identify } from '../auth/credentials.ts';
import { capabilities } from '../capabilities.ts';
import { saysNothing } from '../core/contract.ts';
import { Failure } from '../core/errors.ts';
import type { Bound } from '../core/implement.ts';
import { failureOf, serve } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import { overRate } from '../core/rate-limit.ts';
import { sourceAddress } from '../core/source-address.ts';
import { familyOf } from '../wire/families.ts';
import type { OriginClass, Reply } from '../wire/family.ts';
import { callProcedurePath, proceduresOf } from './call-procedure.ts';
import {
  answerOf,
  credentialOf,
  type HttpAnswer,
  type HttpEvent,
  header,
  isTooLarge,
  jsonBody,
  pageOf,
} from './event.ts';
import { type FrontPage, frontPageWith } from './front-page.ts';
import { routesTo } from './routes.ts';

/** Kept back of the function's time, so that whoever waits is told that it was not enough. */
const lastWordsMs = 500;

/**
 * The HTTP API's door. Checks come in this order: rate limit, origin of the page, body, input, credential, permission;
 * then the operation runs. Everything, refusals included, is answered in the words of the path's family.
 * @param page what people see at `/`: gzipped, in base64
 */
export function makeHandler(ports: () => Ports, page: string) {
  const doors = { find: finder(capabilities.flat()), frontPage: frontPageWith(page) };
  return middy<HttpEvent, HttpAnswer>({ timeoutEarlyInMillis: lastWordsMs })
    .handler((event: HttpEvent) => answer(ports(), event, doors))
    .onError(({ event, error }) => refuse(ports(), event, 'self', isTimeout(error) ? tooLong() : error));
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function tooLong(): Failure {
  return new Failure('took_too_long', 'This took too long. Try again.');
}

/** An operation to run, with its input: read after the origin has been checked. */
interface Asked {
  readonly bound: Bound;
  readonly origins: OriginClass;
  input(): unknown;
}

interface Doors {
  readonly find: (event: HttpEvent) => Asked;
  readonly frontPage: FrontPage;
}

async function answer(ports: Ports, event: HttpEvent, { find, frontPage }: Doors): Promise<HttpAnswer> {
  const family = familyOf(event.rawPath);
  const page = pageOf(event);
  let origins: OriginClass = 'self';
  try {
    const ip = await sourceAddress(event.requestContext.http.sourceIp, (name) => header(event, name), ports);
    await refuseFlood(ports, ip);
    if (page.method === 'OPTIONS') return dress(ports, event, origins, family.preflight(page, ports.settings));
    const front = frontPage(event, ports.settings);
    if (front) return front;
    const asked = find(event);
    origins = asked.origins;
    family.admit(page, origins, ports.settings);
    const idempotencyKey = header(event, 'idempotency-key');
    const caller = async () => ({
      identity: await identify(ports, credentialOf(event)),
      ip,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(page.origin === undefined ? {} : { origin: page.origin }),
    });
    const reply = family.succeed(await serve(asked.bound, ports, caller, asked.input()));
    const answered = dress(ports, event, origins, reply);
    if (isTooLarge(answered)) throw new Failure('too_large', 'The answer is larger than 6 MB: ask for less at a time.');
    return answered;
  } catch (thrown) {
    return refuse(ports, event, origins, thrown);
  }
}

function refuse(ports: Ports, event: HttpEvent, origins: OriginClass, thrown: unknown): HttpAnswer {
  const failure = failureOf(thrown, ports, `${event.requestContext.http.method} ${event.rawPath}`);
  return dress(ports, event, origins, familyOf(event.rawPath).refuse(failure));
}

function dress({ settings }: Ports, event: HttpEvent, origins: OriginClass, reply: Reply): HttpAnswer {
  const forPages = familyOf(event.rawPath).headersFor(pageOf(event), origins, settings);
  return answerOf({ ...reply, headers: { ...reply.headers, ...forPages } });
}

/** @returns what finds the operation of a request; it throws what the family says to unknown paths and procedures */
function finder(operations: readonly Bound[]): (event: HttpEvent) => Asked {
  const routes = routesTo(operations);
  const procedures = proceduresOf(operations);
  return (event) => {
    if (event.requestContext.http.method === 'POST' && event.rawPath === callProcedurePath) {
      const { bound, input } = procedures(jsonBody(event));
      return { bound, origins: bound.operation.procedure?.origins, input: () => input };
    }
    const found = routes(event);
    if (!found) throw familyOf(event.rawPath).unknown();
    const { bound, variables } = found;
    // What is no procedure belongs to the pages where people sign in and see to their account.
    const origins = bound.operation.procedure?.origins ?? 'account';
    return { bound, origins, input: () => ({ ...given(event, bound), ...variables }) };
  };
}

/** The query of a GET, else the body; nothing where the operation takes nothing, so that any body will do. */
function given(event: HttpEvent, { operation }: Bound): Readonly<Record<string, unknown>> {
  if (saysNothing(operation.input)) return {};
  return operation.http?.method === 'GET' ? (event.queryStringParameters ?? {}) : jsonBody(event);
}

async function refuseFlood(ports: Ports, ip: string): Promise<void> {
  const { rateLimit } = ports.settings;
  const refusal = rateLimit && (await overRate(ports, `http:${ip}`, rateLimit));
  if (refusal) throw refusal;
}
