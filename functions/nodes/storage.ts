import type { NodeStorage } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { tableNodeStorage } from './table-store.ts';

/** Where nodes are kept: wherever the application says, else in the table. */
export function storageOf(ports: Ports): NodeStorage {
  return ports.app.nodeStorage ?? tableNodeStorage(ports);
}
