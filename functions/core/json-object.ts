import * as z from 'zod/mini';
import { isObject } from './json.ts';

/** Any JSON object, kept as it is, key for key: a schema that rebuilds objects would lose keys like `__proto__`. */
export const JsonObject = () =>
  z.custom<Record<string, unknown>>(isObject, { error: 'expected an object' }).check(z.meta({ type: 'object' }));
