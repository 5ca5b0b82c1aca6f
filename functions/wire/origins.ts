import { isOrigin } from '../core/origins.ts';
import type { Settings } from '../core/settings.ts';
import type { OriginClass } from './family.ts';

/** Whether pages of this origin belong to a class. */
export function belongs(origin: string, origins: OriginClass, settings: Settings): boolean {
  const isListed = (listed: readonly string[]) => listed.some((one) => isOrigin(one, origin));
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
