import { apiKeys } from '../api-keys/api-keys.ts';
import type { Bound } from '../core/implement.ts';
import { memory } from '../memory/memory.ts';

/** Every capability whose HTTP operations live in the function of instances. */
export const instanceCapabilities: readonly (readonly Bound[])[] = [apiKeys, memory];
