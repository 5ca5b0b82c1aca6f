import { casualos } from './casualos.ts';
import type { Family } from './family.ts';
import { plain } from './plain.ts';
import { reality } from './reality.ts';

/** All families of HTTP paths. The first that owns a path gets it; the last one owns all other paths. */
export const families: readonly Family[] = [casualos, reality, plain];

export function familyOf(path: string): Family {
  return families.find((family) => family.owns(path)) ?? plain;
}
