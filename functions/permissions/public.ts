import type { Role } from '../core/caller.ts';
import type { Deed } from './kinds.ts';
import { allows, openToModerators, publicRead, publicWrite } from './kinds.ts';
import { markers as builtIn, rootsOf } from './markers.ts';

/** Whether the subject's role allows the action everywhere. */
export function isOpenByRole({ action }: Deed, { role }: { readonly role: Role }): boolean {
  if (role === 'superUser' || role === 'system') return true;
  return role === 'moderator' && openToModerators.includes(action);
}

/** Whether one of the markers allows the action to everybody. */
export function isPublic(matter: Deed & { readonly markers: readonly string[] }): boolean {
  const roots = rootsOf(matter.markers);
  if (roots.includes(builtIn.publicWrite) && (allows(publicRead, matter) || allows(publicWrite, matter))) return true;
  return roots.includes(builtIn.publicRead) && allows(publicRead, matter);
}
