import { Worker } from 'node:worker_threads';

/**
 * Synthesizes the app into `outdir`; these settings override those of cdk.json. Runs in its own thread, because loading
 * CDK takes a second of CPU and much memory, which the thread frees when it ends.
 * @throws Error of the app, e.g. for an invalid setting
 */
export async function synthesize(outdir: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
  const worker = new Worker(new URL('./synthesize-worker.ts', import.meta.url), {
    workerData: { outdir, settings },
    // CDK reads its own environment variables; those of a shell are not for this app.
    env: {},
    execArgv: [],
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Synthesis ended with ${code}.`))));
  });
}
