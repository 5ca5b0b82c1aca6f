import type { Ports } from '../core/ports.ts';
import { isSameSecret } from '../core/timing-safe.ts';
import { type HttpEvent, header } from './event.ts';

/**
 * Where a request comes from: what the gateway saw, or, when our own edge stands between, what the edge saw. Whoever
 * sends the edge's header without its secret, or any `X-Forwarded-For`, is not believed.
 */
export async function sourceAddress(event: HttpEvent, ports: Pick<Ports, 'secrets'>): Promise<string> {
  const seen = event.requestContext.http.sourceIp;
  const proof = header(event, 'x-chorus-edge');
  const viewer = header(event, 'cloudfront-viewer-address');
  if (proof === undefined || viewer === undefined) return seen;
  const { edge } = ports.secrets;
  return edge && isSameSecret(proof, await edge()) ? withoutPort(viewer) : seen;
}

/** `198.51.100.10:46532` or `2001:db8::1:46532`, with or without brackets. */
function withoutPort(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
