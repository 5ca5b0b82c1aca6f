import { edgeHeaders } from './env.ts';
import type { Ports } from './ports.ts';
import { isSameSecret } from './timing-safe.ts';

/**
 * The client's IP address: the one that the gateway saw or, behind our own edge, the one that the edge saw. The server
 * ignores a viewer header without the edge's secret, and any `X-Forwarded-For`.
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
