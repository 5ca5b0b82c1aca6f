import type { Principal, ServiceRequest } from '../../local/parts.ts';
import { ALGORITHM, canonicalRequest, sha256Hex, sign, stringToSign } from '../../local/sigv4-canonical.ts';

/** A request to an emulated service as a function would send it. */
export interface Unsigned {
  readonly method?: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Signs with a function's credentials, for now. */
export function signedRequest(principal: Principal, service: string, request: Unsigned): ServiceRequest {
  const { method = 'POST', url, body = '' } = request;
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = { day: date.slice(0, 8), region: 'us-east-1', service };
  const headers: Record<string, string> = { host: 'localhost:4000', 'x-amz-date': date, ...request.headers };
  const signedHeaders = Object.keys(headers).sort();
  const canonical = canonicalRequest({ method, url, headers, signedHeaders, payloadHash: sha256Hex(body) }, service);
  const signature = sign(principal.secretAccessKey, scope, stringToSign(canonical, date, scope));
  headers.authorization =
    `${ALGORITHM} Credential=${principal.accessKeyId}/${scope.day}/us-east-1/${service}/aws4_request, ` +
    `SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { method, url, headers, body: Buffer.from(body) };
}
