import { apiKeys } from '../api-keys/api-keys.ts';
import type { Bound } from '../core/implement.ts';

/** Every capability whose HTTP operations live in the function of instances. */
export const instanceCapabilities: readonly (readonly Bound[])[] = [apiKeys];
