import { runtime } from '../adapters/runtime.ts';
import { makeHandler } from '../http/door.ts';
import { passkeys } from './passkeys.ts';

/** The passkeys function: its own routes of the HTTP API, and calls by name that the light function passes on. */
export const handler = makeHandler(runtime, passkeys);
