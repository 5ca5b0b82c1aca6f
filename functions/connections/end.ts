import type { Connection } from '../core/connection.ts';
import type { CloseReason } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { dialects } from '../wire/dialects.ts';

type Ended = Pick<Connection, 'id' | 'dialect'>;

/** Ends a socket from our side. Clients that expect to be told why are told so before: API Gateway itself never says. */
export async function endSocket(ports: Ports, connection: Ended, why: CloseReason): Promise<void> {
  const ending = dialects.find(({ name }) => name === connection.dialect)?.ending?.(why);
  for (const frame of ending?.frames ?? []) await ports.gateway.post([connection.id], frame);
  await ports.gateway.close(connection.id, ending?.why ?? why);
}
