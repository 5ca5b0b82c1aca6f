import { endSocket } from '../connections/end.ts';
import { together } from '../core/concurrently.ts';
import type { Connection } from '../core/connection.ts';
import { pingedConnections } from '../core/heartbeat.ts';
import type { Ports } from '../core/ports.ts';
import { dialects } from '../wire/dialects.ts';

/** Less than the timeout of a job. */
const longestGraceMs = 45_000;
const atOnce = 50;

/**
 * Announces to all clients whose protocol can say so that their sockets will be closed, and closes them after a grace
 * period. Clients of other protocols reconnect on their own when the gateway closes theirs.
 */
export async function announceShutdown(
  ports: Ports,
  { gracePeriodMs = 1_000 }: { readonly gracePeriodMs?: number },
): Promise<{ readonly told: number; readonly ended: number }> {
  const graceMs = Math.min(Math.max(0, gracePeriodMs), longestGraceMs);
  const told = await pingedConnections(ports);
  await together(
    dialects.map(async ({ name, shutdown }) => {
      const theirs = told.filter(({ dialect }) => dialect === name).map(({ id }) => id);
      if (shutdown && theirs.length > 0) await ports.gateway.post(theirs, shutdown(graceMs));
    }),
  );
  await ports.clock.wait(graceMs);
  const open: Connection[] = await pingedConnections(ports);
  for (let start = 0; start < open.length; start += atOnce) {
    await together(open.slice(start, start + atOnce).map((connection) => endSocket(ports, connection, 'goingAway')));
  }
  if (open.length > 0) ports.log.info('shutdown announced', { told: told.length, ended: open.length, graceMs });
  return { told: told.length, ended: open.length };
}
