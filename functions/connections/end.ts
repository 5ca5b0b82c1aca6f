import type { Connection } from '../core/connection.ts';
import type { CloseReason } from '../core/errors.ts';
import type { Ports } from '../core/ports.ts';
import { dialects } from '../wire/dialects.ts';

type Ended = Pick<Connection, 'id' | 'dialect'>;

/**
 * Closes a socket from the server's side. Clients that expect a reason get it in a frame before, because API Gateway
 * sends none.
 */
export async function endSocket(ports: Ports, connection: Ended, why: CloseReason): Promise<void> {
  const ending = dialects.find(({ name }) => name === connection.dialect)?.ending?.(why);
  for (const frame of ending?.frames ?? []) await ports.gateway.post([connection.id], frame);
  await ports.gateway.close(connection.id, ending?.why ?? why);
}
