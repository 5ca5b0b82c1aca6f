import type { AuditEntry } from '../core/app.ts';
import type { Connection } from '../core/connection.ts';
import { Failure } from '../core/errors.ts';
import { hasRefused } from '../core/implement.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import type { Request } from '../socket-auth/admission.ts';
import { auditedResourceOf } from '../store/permission-rules.ts';
import { type Place, putBegun, putFinished } from './entry-store.ts';
import { isRecorded } from './recorded.ts';

/**
 * Wraps every request. A request in a tier that the application audits leaves an entry, whatever its result. An entry
 * for a change is stored before the change begins, and finished before the answer is sent. Refused and read requests
 * cost one write. All other requests cost nothing.
 * @param run performs the request, and calls `begin` once it is admitted
 */
export async function audited<T>(
  ports: Ports,
  request: Request,
  run: (begin: () => Promise<void>) => Promise<T>,
): Promise<T> {
  if (!isRecorded(ports.app, request.type)) return run(async () => {});
  const place: Place = { at: ports.clock.now(), requestId: request.frame.requestId };
  const entry = entryOf(request, place.at);
  let hasBegun = false;
  let result: T;
  try {
    result = await run(async () => {
      if (request.operation?.access.scope === 'read') return;
      await putBegun(ports, place, { ...entry, result: 'error' });
      hasBegun = true;
    });
  } catch (thrown) {
    await putFinished(ports, place, { ...entry, result: 'error', ...shown(thrown) }).catch((cause) =>
      lost(ports, cause),
    );
    throw thrown;
  }
  const outcome =
    result === hasRefused
      ? ({ result: 'error', error: 'It was refused later on.' } as const)
      : ({ result: 'success' } as const);
  const finished = putFinished(ports, place, { ...entry, ...outcome });
  // The change has happened, so the client gets its answer. A job later finishes an entry that could not be finished.
  await (hasBegun ? finished.catch((cause) => lost(ports, cause)) : finished);
  return result;
}

function entryOf({ connection, type, input }: Request, timestamp: number): Omit<AuditEntry, 'result'> {
  const { id, identity, ip }: Connection = connection;
  const resource = auditedResourceOf(type, isObject(input) ? input : {});
  const userId = identity?.userId ?? null;
  return { timestamp, userId, sessionId: id, operation: type, resource: cut(resource), remoteAddress: ip };
}

/** Larger details are left out of the entry. */
const mostDetails = 4_096;
/** For texts that a client chooses freely. */
const cut = (text: string): string => text.slice(0, 1_024);

function shown(thrown: unknown): Pick<AuditEntry, 'error' | 'details'> {
  if (!(thrown instanceof Failure)) return { error: 'A server error occurred.' };
  const { message, details } = thrown;
  const isShown = Object.keys(details).length > 0 && JSON.stringify(details).length <= mostDetails;
  return { error: cut(message), ...(isShown ? { details } : {}) };
}

function lost({ log }: Ports, cause: unknown): void {
  log.error('an audit entry could not be finished', cause);
}
