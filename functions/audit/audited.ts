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
 * Around every request: one of a tier that the application has recorded leaves an entry, whatever becomes of it. What changes
 * anything is noted before it begins and finished before its answer goes out; of what is refused or only reads there is one
 * write. All other requests pay nothing.
 * @param run does it; calls `begin` once it has been admitted
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
  // What has happened is answered: that nobody finished its entry is found out later.
  await (hasBegun ? finished.catch((cause) => lost(ports, cause)) : finished);
  return result;
}

function entryOf({ connection, type, input }: Request, timestamp: number): Omit<AuditEntry, 'result'> {
  const { id, identity, ip }: Connection = connection;
  const resource = auditedResourceOf(type, isObject(input) ? input : {});
  const userId = identity?.userId ?? null;
  return { timestamp, userId, sessionId: id, operation: type, resource: cut(resource), remoteAddress: ip };
}

/** Details of more than that are left to the log of the function. */
const mostDetails = 4_096;
/** Of what a client may choose at will. */
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
