import { implement } from '../core/implement.ts';
import { analyzeImage } from './analyze-image.ts';
import { chat } from './chat.ts';
import { aiContract } from './contract.ts';
import { generateImage } from './generate-image.ts';
import { jobOf } from './jobs.ts';
import { transform } from './transform.ts';

/**
 * Models that work with the memory of an instance. They write as the caller does: each write is versioned, told to everybody
 * who listens, and refused where the caller's would be.
 */
export const ai = implement('ai', aiContract, {
  chat,
  transform,
  analyzeImage,
  generateImage,
  getJob: (ports, caller, { jobId }) => jobOf(ports, caller, jobId),
});
