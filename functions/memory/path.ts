import type { Connection } from '../core/connection.ts';

/** The instance that a socket at `/sync/{instance}` is for. */
export function instanceOn({ path }: Pick<Connection, 'path'>): string {
  const [id = ''] = path.slice('/sync/'.length).split('/');
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
