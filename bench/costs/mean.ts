import { divided } from './amounts.ts';
import type { Deployment, Ledger } from './deployment.ts';

/** The mean of so many runs, each with everything that it causes. Runs before these warm up code and caches. */
export async function mean(
  { deployment, repeats }: { deployment: Deployment; repeats: number },
  operation: () => Promise<void>,
): Promise<Ledger> {
  const whole = async (times: number) => {
    for (let n = 0; n < times; n++) {
      await operation();
      await deployment.drain({ early: true });
    }
  };
  await whole(Math.ceil(repeats / 2));
  return divided(await deployment.measure(() => whole(repeats)), repeats);
}
