import type { Ports } from '../core/ports.ts';
import type { Delivery, Sequence } from './delivery.ts';
import { tell, tryAgain } from './tell.ts';

/** Does one piece of work, as the `deliveries` port sent it. */
export async function work(ports: Ports, text: string): Promise<void> {
  // Only our own functions may send here, and what they send is typed where it is made.
  const job = JSON.parse(text) as
    | { readonly kind: 'tell'; readonly body: Delivery }
    | { readonly kind: 'try-again'; readonly body: Sequence };
  await (job.kind === 'tell' ? tell(ports, job.body) : tryAgain(ports, job.body));
}
