import { casualos } from './casualos.ts';
import type { Family } from './family.ts';
import { plain } from './plain.ts';
import { reality } from './reality.ts';

/** Every family of HTTP paths; the first that owns a path has it, the last one owns what nobody else does. */
export const families: readonly Family[] = [casualos, reality, plain];

export function familyOf(path: string): Family {
  return families.find((family) => family.owns(path)) ?? plain;
}
