import { audited } from '../audit/audited.ts';
import { identify } from '../auth/credentials.ts';
import { checkSession } from '../auth/session-check.ts';
import { countsEverywhere } from '../core/access.ts';
import type { Frame, SocketCaller } from '../core/caller.ts';
import { collectChanges } from '../core/changes.ts';
import type { Connection } from '../core/connection.ts';
import { identifyConnection, mayWarn } from '../core/connection-store.ts';
import type { Operation } from '../core/contract.ts';
import { closingReason, Failure, isPassingTrouble } from '../core/errors.ts';
import { floodIn } from '../core/flood.ts';
import { noteTraffic } from '../core/heartbeat.ts';
import { hasAnswered, hasRefused } from '../core/implement.ts';
import { failureOf, serve } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import type { Request } from '../socket-auth/admission.ts';
import type { DecodedFrame, Dialect, Received, UploadFrame } from '../wire/dialect.ts';
import { dialectOf } from '../wire/dialects.ts';
import { admissionOf } from './admissions.ts';
import { findWhatFor } from './ahead.ts';
import { newUpload, readUpload } from './big-messages.ts';
import type { Door } from './door.ts';
import { endSocket } from './end.ts';
import { greet } from './greet.ts';
import { postAnswer } from './owed.ts';
import { isTold } from './refusals.ts';
import type { SocketEvent } from './socket-event.ts';

/**
 * Processes one frame: find the connection, decode, find the operation, run it, answer. Known errors are answered in
 * the frame's dialect. Only temporary failures are thrown, so that the lane delivers the frame again; a frame that came
 * directly is not delivered again, so they are answered too.
 * @throws only temporary failures
 */
export async function receive(ports: Ports, event: SocketEvent, door: Door, { comesAgain = true } = {}): Promise<void> {
  const { connection, table } = await findWhatFor(ports, event, door);
  const dialect = connection && dialectOf(connection, event.body);
  if (!connection || !dialect) return; // gone: the handler must leave nothing behind
  if (isOvertaken(connection, event.frame)) return;
  // Noted before the operation runs, so that a long request does not make a pinged client look dead.
  if (connection.pingedAt !== undefined) await noteTraffic(ports, connection);
  const changes = collectChanges();
  const mine: Ports = Object.create(ports, { changes: { value: changes }, table: { value: table } });
  let frame: Received | undefined;
  try {
    if (connection.dialect === dialect.name)
      await greet(ports, dialect, connection, event.frame, comesAgain ? 'greeting' : 'frame');
    if (connection.isTurnedAway) return;
    const flood = await floodIn(ports, connection);
    if (flood && !dialect.awaitsAnswers) throw flood;
    frame = dialect.decode(event.body);
    if (flood && frame) throw flood;
    if (frame && 'url' in frame) frame = dialect.big?.read(frame, await readUpload(ports, frame.url));
    const answer = frame && (await answerTo(mine, door, event, connection, dialect, frame));
    if (answer !== undefined) await postAnswer(ports, dialect, connection, answer);
  } catch (thrown) {
    if (comesAgain && isPassingTrouble(thrown)) throw thrown;
    await refuse(ports, dialect, connection, event, thrown, frame);
  }
  // Changes made before a refusal count too.
  if (changes.noted.length > 0) await door.follow?.(ports, changes.noted);
  if (connection.pingedAt === undefined) await noteTraffic(ports, connection);
}

/** Runs a frame's operation. @throws Failure, temporary failures or a bug */
async function answerTo(
  ports: Ports,
  door: Door,
  event: SocketEvent,
  connection: Connection,
  dialect: Dialect,
  frame: DecodedFrame | UploadFrame,
): Promise<string | undefined> {
  if ('asks' in frame) return dialect.big?.putAt(frame, newUpload(ports));
  const output = await serveFrame(ports, door, event, connection, dialect, frame);
  return output === hasAnswered || output === hasRefused ? undefined : dialect.answer(ports, frame, output);
}

async function serveFrame(
  ports: Ports,
  { find }: Door,
  event: SocketEvent,
  connection: Connection,
  dialect: Dialect,
  { type, input, correlation, unfit }: DecodedFrame,
): Promise<unknown> {
  const bound = find(dialect.name, type);
  const { frame } = event;
  const request: Request = { connection, frame, type, input, correlation, operation: bound?.operation };
  return audited(ports, request, async (begin) => {
    const admitted = await admissionOf(dialect.name)?.(ports, request);
    if (!bound) throw new Failure('unknown_message', `There is no message type ${JSON.stringify(type.slice(0, 64))}.`);
    if (unfit) throw unfit;
    const callerOf = (parsed: unknown) => admitted ?? caller(ports, event, connection, bound.operation, parsed);
    await begin();
    return serve(bound, ports, callerOf, input);
  });
}

/**
 * Whether this is a repeated delivery, after a later frame has made the connection join or leave. The lane keeps order,
 * so the first delivery was complete. A second run would undo that join or leave, or send to another room.
 */
function isOvertaken({ movedBy }: Connection, { place }: Frame): boolean {
  return movedBy !== undefined && place !== undefined && place < movedBy;
}

/** Sends the refusal, and closes the socket if the failure says so. */
async function refuse(
  ports: Ports,
  dialect: Dialect,
  connection: Connection,
  { frame: { requestId } }: SocketEvent,
  thrown: unknown,
  frame: Received | undefined,
): Promise<void> {
  const where = frame && 'type' in frame ? frame.type : 'unreadable frame';
  const failure = failureOf(thrown, ports, where, requestId);
  const isFlood = failure.code === 'rate_limit_exceeded';
  if (isFlood && dialect.warnsOfFloods && !(await mayWarn(ports, connection))) return;
  if (!(await isTold(ports, dialect, connection, frame))) return;
  const { exposeErrorDetails } = ports.app;
  const refusal = dialect.refuse(failure, frame, { requestId, exposeErrorDetails });
  await postAnswer(ports, dialect, connection, refusal);
  const why = closingReason(failure);
  if (why) await endSocket(ports, connection, why);
}

/**
 * The caller: the connection's identity, checked again if it has logged in, or the identity of the credential in this
 * frame.
 */
async function caller(
  ports: Ports,
  event: SocketEvent,
  connection: Connection,
  operation: Operation,
  input: unknown,
): Promise<SocketCaller> {
  const identity =
    operation.access.caller === 'login'
      ? await checkSession(ports, connection)
      : (connection.identity ?? (await shownIdentity(ports, connection, operation, input)));
  const expiresAt = identity?.credential.expiresAt;
  if (typeof expiresAt === 'number' && expiresAt <= ports.clock.now()) {
    throw new Failure('session_expired', 'The session has expired: sign in again.');
  }
  return { identity, ip: connection.ip, connection: { ...connection, identity }, frame: event.frame };
}

/** The credential inside a frame counts only while the connection has no identity. An invalid one is ignored. */
async function shownIdentity(ports: Ports, connection: Connection, operation: Operation, input: unknown) {
  const field = operation.socket?.credentialIn;
  const credential: unknown =
    field && typeof input === 'object' && input !== null ? Reflect.get(input, field) : undefined;
  if (typeof credential !== 'string') return undefined;
  try {
    const identity = await identify(ports, credential);
    if (!identity || !countsEverywhere(identity.credential)) return undefined;
    await identifyConnection(ports, connection.id, identity);
    return identity;
  } catch (thrown) {
    if (thrown instanceof Failure) return undefined;
    throw thrown;
  }
}
