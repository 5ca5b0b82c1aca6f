import { streaming } from '../adapters/response-stream.ts';
import { runtime } from '../adapters/runtime.ts';
import { makeHandler, makeStreamingHandler } from '../http/door.ts';
import { ai } from './ai.ts';
import { finishImage, type ImageWork } from './generate-image.ts';

/** The AI function behind the HTTP API, which does not stream answers. */
export const handler = makeHandler(runtime, ai);

/** The same behind a function URL, which streams chats. */
export const stream = streaming(
  makeStreamingHandler(
    runtime,
    ai.filter(({ name }) => name === 'ai.chat'),
  ),
);

/** Images that take longer than a request may. */
export const images = (event: ImageWork): Promise<void> => finishImage(runtime(), event);
