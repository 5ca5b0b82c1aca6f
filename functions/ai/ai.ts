import { implement } from '../core/implement.ts';
import { analyzeImage } from './analyze-image.ts';
import { chat } from './chat.ts';
import { aiContract } from './contract.ts';
import { generateImage } from './generate-image.ts';
import { jobOf } from './jobs.ts';
import { transform } from './transform.ts';

/**
 * AI models that work with the keys of an instance. They write on behalf of the caller: each write gets a version, is
 * broadcast, and is refused if the caller's own write would be.
 */
export const ai = implement('ai', aiContract, {
  chat,
  transform,
  analyzeImage,
  generateImage,
  getJob: (ports, caller, { jobId }) => jobOf(ports, caller, jobId),
});
