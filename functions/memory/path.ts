import type { Connection } from '../core/connection.ts';

const folder = '/sync/';

/** Whether a socket is for an instance. */
export const isOfInstance = (path: string): boolean => path.startsWith(folder);

/** The instance that a socket at `/sync/{instance}` is for. */
export function instanceOn({ path }: Pick<Connection, 'path'>): string {
  const [id = ''] = path.slice(folder.length).split('/');
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
