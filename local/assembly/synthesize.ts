import { Worker } from 'node:worker_threads';

/**
 * Synthesizes the app into `outdir`, with these settings above those of cdk.json. In a thread of its own: loading CDK takes
 * a second of processor and much memory, which both end with the thread.
 * @throws Error of the app, e.g. a setting that it refuses
 */
export async function synthesize(outdir: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const worker = new Worker(new URL('./synthesize-worker.ts', import.meta.url), {
    workerData: { outdir, settings },
    // CDK looks for its own environment variables; those of a shell are not for this app.
    env: {},
    execArgv: [],
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Synthesis ended with ${code}.`))));
  });
}
