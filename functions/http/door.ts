import middy from '@middy/core';
import type { Answering } from '../adapters/response-stream.ts';
import { requireCredential } from '../core/access.ts';
import type { Caller } from '../core/caller.ts';
import { Failure } from '../core/errors.ts';
import { HttpOutput } from '../core/http-output.ts';
import type { Bound } from '../core/implement.ts';
import { failureOf, serve } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import { overRate } from '../core/rate-limit.ts';
import { sourceAddress } from '../core/source-address.ts';
import { Streamed } from '../core/streamed.ts';
import { familyOf } from '../wire/families.ts';
import type { Family, OriginClass, Reply } from '../wire/family.ts';
import { type Elsewhere, finder, type Sought } from './asked.ts';
import { answerOf, type HttpAnswer, type HttpEvent, header, hostOf, isTooLarge, pageOf } from './event.ts';
import { type FrontPage, frontPageWith } from './front-page.ts';
import { type Identifies, requestIn, whoSends } from './who.ts';

/** Reserved at the end of the function's time, to answer that the time was not enough. */
const lastWordsMs = 500;

/** The front function gets all requests without a route of their own, and passes on those of other functions. */
export interface Front {
  readonly elsewhere: readonly Elsewhere[];
  /** The page at `/`: gzipped, in base64. */
  readonly page: string;
}

/**
 * The HTTP API's door, for each function behind it. Checks run in this order: rate limit, origin of the page, body,
 * input, credential, permission; some families check the credential before the body. Then the operation runs. All
 * answers, including refusals, have the form of the path's family.
 */
export function makeHandler(ports: () => Ports, operations: readonly Bound[], front?: Front, identifies?: Identifies) {
  const doors = {
    identifies,
    find: finder([...operations, ...(front?.elsewhere ?? [])]),
    frontPage: front && frontPageWith(front.page),
  };
  return middy<HttpEvent, HttpAnswer>({ timeoutEarlyInMillis: lastWordsMs })
    .handler(async (event: HttpEvent, context: Partial<Remaining>) => {
      const isCounted = front !== undefined || event.routeKey !== '$default';
      return whole(ports(), event, await answer(ports(), event, doors, { isCounted, patience: patienceIn(context) }));
    })
    .onError(({ event, error }) => refuse(ports(), event, 'self', isTimeout(error) ? tooLong() : error));
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}

function tooMuch(): Failure {
  return new Failure('too_large', 'The answer is larger than 6 MB: ask for less at a time.');
}

function tooLong(): Failure {
  return new Failure('took_too_long', 'This took too long. Try again.');
}

/** The door of a function URL, which streams answers. It makes the same checks in the same order. */
export function makeStreamingHandler(
  ports: () => Ports,
  operations: readonly Bound[],
  { beginsWithinMs = 20_000 }: { readonly beginsWithinMs?: number } = {},
) {
  const doors = { identifies: undefined, find: finder(operations), frontPage: undefined };
  return async (event: HttpEvent, answering: Answering, context: Remaining): Promise<void> => {
    const patience = () => AbortSignal.any([patienceIn(context)(), answering.gone]);
    const beginning = () => AbortSignal.timeout(beginsWithinMs);
    const { head, streamed } = await answer(ports(), event, doors, { isCounted: true, patience, beginning });
    const { body = '', ...start } = head;
    await answering.send(start, streamed?.pieces ?? [body]);
  };
}

/** How much time the function has left. */
interface Remaining {
  getRemainingTimeInMillis(): number;
}

/** Long enough to abort the work and to answer properly. */
const breakingOffMs = 1_500;

function patienceIn({ getRemainingTimeInMillis: remaining }: Partial<Remaining>): () => AbortSignal {
  return () =>
    remaining ? AbortSignal.timeout(Math.max(0, remaining() - breakingOffMs)) : new AbortController().signal;
}

/** The answer to a request; a streamed one has its body still to come. */
interface Coming {
  readonly head: HttpAnswer;
  readonly streamed?: Streamed;
}

/** Collects a streamed body into a whole answer. */
async function whole(ports: Ports, event: HttpEvent, { head, streamed }: Coming): Promise<HttpAnswer> {
  if (!streamed) return head;
  const answered = { ...head, body: await streamed.text() };
  return isTooLarge(answered) ? refuse(ports, event, 'self', tooMuch()) : answered;
}

interface Doors {
  readonly identifies: Identifies | undefined;
  readonly find: (event: HttpEvent) => Sought;
  readonly frontPage: FrontPage | undefined;
}

interface Around {
  /** Whether the request counts for the rate limit of its IP address. */
  readonly isCounted: boolean;
  readonly patience: () => AbortSignal;
  readonly beginning?: () => AbortSignal;
}

async function answer(
  ports: Ports,
  event: HttpEvent,
  { identifies, find, frontPage }: Doors,
  { isCounted, ...timing }: Around,
): Promise<Coming> {
  const family = familyOf(event.rawPath);
  const page = pageOf(event);
  let origins: OriginClass = 'self';
  try {
    const ip = await sourceAddress(event.requestContext.http.sourceIp, (name) => header(event, name), ports);
    if (isCounted) await refuseFlood(ports, ip);
    if (page.method === 'OPTIONS')
      return { head: dress(ports, event, origins, family.preflight(page, ports.settings)) };
    const front = frontPage?.(event, ports.settings);
    if (front) return { head: front };
    const asked = find(event);
    if ('runsIn' in asked) return { head: await passOn(ports, asked, event) };
    origins = asked.origins;
    family.admit(page, origins, ports.settings);
    const { operation } = asked.bound;
    const caller = async () => ({
      identity: await whoSends(ports, event, operation, family, identifies),
      ip,
      ...about(event),
      ...requestIn(event, operation),
      ...timing,
    });
    const who = family.credentialFirst ? await caller() : undefined;
    if (who) requireCredential(asked.bound.operation.access, who, ports.settings);
    const output = await serve(asked.bound, ports, () => who ?? caller(), asked.input());
    if (output instanceof Streamed) {
      const head = dress(ports, event, origins, { status: 200, headers: output.headers, body: '' });
      return { head, streamed: output };
    }
    const head = dress(ports, event, origins, replyOf(family, output, asked.status));
    if (isTooLarge(head)) throw tooMuch();
    return { head };
  } catch (thrown) {
    return { head: refuse(ports, event, origins, thrown) };
  }
}

/** The reply in the family's form, or in the form that the operation has chosen. */
function replyOf(family: Family, output: unknown, status: number | undefined): Reply {
  if (!(output instanceof HttpOutput)) return family.succeed(output, status);
  const { form } = output;
  const reply = form.text === undefined ? family.succeed(output.output) : { status: 200, body: form.text };
  const body = form.status === 304 ? {} : { body: reply.body };
  return { status: form.status ?? reply.status, headers: { ...reply.headers, ...form.headers }, ...body };
}

/** Passes the unchanged event on to the other function, which makes all checks and returns a complete answer. */
async function passOn({ functions }: Ports, { runsIn }: Elsewhere, event: HttpEvent): Promise<HttpAnswer> {
  return (await functions.invoke(runsIn, event)) as HttpAnswer; // all functions with a door answer this
}

/** Facts about the caller from the request's headers. */
function about(event: HttpEvent): Pick<Caller, 'origin' | 'host' | 'userAgent' | 'idempotencyKey'> {
  const { origin } = pageOf(event);
  const host = hostOf(event);
  const userAgent = header(event, 'user-agent');
  const idempotencyKey = header(event, 'idempotency-key');
  return {
    ...(origin === undefined ? {} : { origin }),
    ...(host === undefined ? {} : { host }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

function refuse(ports: Ports, event: HttpEvent, origins: OriginClass, thrown: unknown): HttpAnswer {
  const failure = failureOf(thrown, ports, `${event.requestContext.http.method} ${event.rawPath}`);
  return dress(ports, event, origins, familyOf(event.rawPath).refuse(failure));
}

function dress({ settings }: Ports, event: HttpEvent, origins: OriginClass, reply: Reply): HttpAnswer {
  const forPages = familyOf(event.rawPath).headersFor(pageOf(event), origins, settings);
  return answerOf({ ...reply, headers: { ...reply.headers, ...forPages } });
}

async function refuseFlood(ports: Ports, ip: string): Promise<void> {
  const { rateLimit } = ports.settings;
  const refusal = rateLimit && (await overRate(ports, `http:${ip}`, rateLimit));
  if (refusal) throw refusal;
}
