import { runtime } from '../adapters/runtime.ts';
import { capabilities } from '../capabilities.ts';
import page from '../console/index.page.html';
import { makeHandler } from './door.ts';
import { elsewhere } from './elsewhere.ts';

/** The light HTTP function: the HTTP API's route `$default`, and routes that are assigned to it. */
export const handler = makeHandler(runtime, capabilities.flat(), { elsewhere, page });
