import { runtime } from '../adapters/runtime.ts';
import { makeHandler } from '../http/door.ts';
import { instanceCapabilities } from './capabilities.ts';

/** The function of instances: projects, instances with their memory, who may do what there, and API keys. */
export const handler = makeHandler(runtime, instanceCapabilities.flat());
