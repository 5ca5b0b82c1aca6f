import type { Settings } from '../core/settings.ts';
import type { OriginClass } from './family.ts';

/**
 * Whether pages of this origin belong to a class. The configured origins are listed as browsers send them; a port of `*`
 * stands for any.
 */
export function belongs(origin: string, origins: OriginClass, settings: Settings): boolean {
  const isListed = (listed: readonly string[]) => listed.some((one) => matches(one, origin));
  switch (origins) {
    case 'account':
      return isListed(settings.accountOrigins);
    case 'api':
      return isListed(settings.apiOrigins);
    case 'self':
    case undefined:
      return isListed(settings.accountOrigins) || isListed(settings.apiOrigins);
    case true:
      return true;
  }
}

function matches(listed: string, origin: string): boolean {
  if (!listed.endsWith(':*')) return listed === origin;
  const host = listed.slice(0, -2);
  return origin === host || (origin.startsWith(`${host}:`) && /^\d+$/.test(origin.slice(host.length + 1)));
}
