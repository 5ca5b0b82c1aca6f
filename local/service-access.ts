import type { Access, Principal, ServiceRequest } from './parts.ts';
import { signatureErrors, verifyHeaderSignature } from './sigv4.ts';

/** The caller of a service that may make its request; or a refusal, which the service writes in its own format. */
export type Admission =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly message: string };

/** A permission that a call needs: an action on a resource, or on any of several names of the same thing. */
export type Need = readonly [action: string, resource: string, ...alternatives: string[]];

/** Verifies the signature of a request, then checks that the caller's role allows everything it needs. */
export function admit(access: Access, request: ServiceRequest, needs: readonly Need[]): Admission {
  const verified = verifyHeaderSignature(request, (id) => access.principal(id)?.secretAccessKey);
  if (!verified.ok) return { ...verified, status: signatureErrors[verified.code] };
  const principal = access.principal(verified.accessKeyId);
  if (!principal) throw new Error('A verified key belongs to a function.');
  for (const [action, resource, ...alternatives] of needs) {
    if ([resource, ...alternatives].some((each) => access.allows(verified.accessKeyId, action, each))) continue;
    return { ok: false, status: 403, code: 'AccessDeniedException', message: denial(principal, action, resource) };
  }
  return { ok: true, principal };
}

/** AWS's message for an action that no statement allows. */
export function denial({ functionId }: Principal, action: string, resource: string): string {
  return (
    `User: arn:aws:sts::000000000000:assumed-role/${functionId}/${functionId} is not authorized to perform: ${action} ` +
    `on resource: ${resource} because no identity-based policy allows the ${action} action`
  );
}
