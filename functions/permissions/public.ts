import type { Deed } from './kinds.ts';
import { allows, publicRead, publicWrite } from './kinds.ts';
import { markers as builtIn, rootsOf } from './markers.ts';

/** Whether one of the markers opens the deed to everybody. */
export function isPublic(matter: Deed & { readonly markers: readonly string[] }): boolean {
  const roots = rootsOf(matter.markers);
  if (roots.includes(builtIn.publicWrite) && (allows(publicRead, matter) || allows(publicWrite, matter))) return true;
  return roots.includes(builtIn.publicRead) && allows(publicRead, matter);
}
