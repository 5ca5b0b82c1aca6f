import type { NodeStorage } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { tableNodeStorage } from './table-store.ts';

/** The application's storage of nodes, or else the table. */
export function storageOf(ports: Ports): NodeStorage {
  return ports.app.nodeStorage ?? tableNodeStorage(ports);
}
