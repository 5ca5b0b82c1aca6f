import { identify } from '../auth/credentials.ts';
import { developer } from '../auth/development.ts';
import type { Caller, Identity } from '../core/caller.ts';
import type { Operation } from '../core/contract.ts';
import type { Ports } from '../core/ports.ts';
import type { Family } from '../wire/family.ts';
import { credentialOf, type HttpEvent, header } from './event.ts';

/** Identifies the owner of a credential; undefined without a credential. @throws Failure for an invalid one */
export type Identifies = typeof identify;

/** Identifies the caller by the request's header. @throws Failure for an invalid credential */
export async function whoSends(
  ports: Ports,
  event: HttpEvent,
  { access, http }: Operation,
  { namesDeveloper }: Family,
  identifies: Identifies = identify,
): Promise<Identity | undefined> {
  if (access.caller === 'ownProof') return undefined;
  const inQuery = http?.credentialInQuery && event.queryStringParameters?.[http.credentialInQuery];
  const identity = await identifies(ports, credentialOf(event) ?? inQuery);
  const mayBeDeveloper =
    namesDeveloper === true && access.caller === 'user' && header(event, 'authorization') === undefined;
  return identity ?? (mayBeDeveloper ? developer(ports, 'http') : undefined);
}

/** The raw request, for operations that decode it themselves. */
export function requestIn(event: HttpEvent, { http }: Operation): Pick<Caller, 'request'> {
  if (http?.raw !== true) return {};
  const { body = '', isBase64Encoded } = event;
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  return { request: { header: (name) => header(event, name), body: bytes } };
}
