import { edgeHeaders } from './env.ts';
import type { Ports } from './ports.ts';
import { isSameSecret } from './timing-safe.ts';

/**
 * Where a request comes from: what the gateway saw, or, when our own edge stands between, what the edge saw. Whoever
 * names a viewer without the edge's secret, or sends any `X-Forwarded-For`, is not believed.
 * @param header looks a header up by its lower-case name
 */
export async function sourceAddress(
  seen: string,
  header: (name: string) => string | undefined,
  { secrets }: Pick<Ports, 'secrets'>,
): Promise<string> {
  const proof = header(edgeHeaders.proof);
  const viewer = header(edgeHeaders.viewer);
  if (proof === undefined || viewer === undefined) return seen;
  const { edge } = secrets;
  return edge && isSameSecret(proof, await edge()) ? viewer : seen;
}
