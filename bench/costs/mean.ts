import { divided } from './amounts.ts';
import type { Deployment, Ledger } from './deployment.ts';

/** Of so many runs, each with all that it causes; some before that warm code and caches up. */
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
