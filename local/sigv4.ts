import type { ServiceRequest } from './parts.ts';
import {
  ALGORITHM,
  canonicalRequest,
  queryPairs,
  type Scope,
  sameSignature,
  sha256Hex,
  sign,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './sigv4-canonical.ts';

/**
 * Verifies AWS Signature Version 4 in its three forms: `Authorization` header, presigned URL, and POST policy. The
 * codes are those of the JSON services; S3 has other names for some of them (see `objects/errors.ts`).
 */

/** The reason for refusing a signature, with the service's status for it. */
export const signatureErrors = {
  MissingAuthenticationTokenException: 403,
  IncompleteSignatureException: 400,
  UnrecognizedClientException: 403,
  InvalidSignatureException: 403,
  /** The request's own time is more than 15 minutes away from ours. */
  RequestTimeTooSkewed: 403,
  /** A presigned URL that has expired. */
  RequestExpired: 403,
  /** A presigned URL with an unreadable or forbidden parameter. */
  AuthorizationQueryParametersError: 400,
  /** The body is not the one whose hash was signed. */
  XAmzContentSHA256Mismatch: 400,
  /** An unsigned header that must be signed. */
  UnsignedHeaders: 403,
} as const;

export type SignatureErrorCode = keyof typeof signatureErrors;

export type Verified =
  | { readonly ok: true; readonly accessKeyId: string }
  | { readonly ok: false; readonly code: SignatureErrorCode; readonly message: string };

/** Secret of an access key id; undefined for an unknown one. */
export type SecretOf = (accessKeyId: string) => string | undefined;

/** A request before its body is read. */
export type RequestHead = Omit<ServiceRequest, 'body'>;

const MAX_SKEW_MS = 15 * 60_000;
const MAX_EXPIRY_SECONDS = 7 * 24 * 3600;

/**
 * The `Authorization` header form, for any service. The body must match `x-amz-content-sha256` if that is a hash;
 * without that header the hash of the body itself must have been signed.
 */
export function verifyHeaderSignature(request: ServiceRequest, secretOf: SecretOf, nowMs = Date.now()): Verified {
  const announced = request.headers['x-amz-content-sha256'];
  const actual = () => sha256Hex(request.body);
  const verified = verifyHeadSignature(request, announced ?? actual(), secretOf, nowMs);
  if (verified.ok && announced !== undefined && isHash(announced) && announced.toLowerCase() !== actual()) {
    return refused(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return verified;
}

/**
 * Like {@link verifyHeaderSignature}, before the body has arrived; the caller compares the body with `payloadHash`
 * later.
 */
export function verifyHeadSignature(
  head: RequestHead,
  payloadHash: string,
  secretOf: SecretOf,
  nowMs = Date.now(),
): Verified {
  const header = head.headers.authorization;
  if (!header) return refused('MissingAuthenticationTokenException', 'The request is not signed.');
  const fields =
    /^AWS4-HMAC-SHA256\s+Credential=([^,\s]+)\s*,\s*SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]+)\s*$/.exec(
      header,
    );
  const [, credential = '', names = '', signature = ''] = fields ?? [];
  const date = head.headers['x-amz-date'] ?? '';
  const signedAtMs = parseDate(date);
  const key = parseCredential(credential, date);
  if (!fields || !key || signedAtMs === undefined) {
    return refused(
      'IncompleteSignatureException',
      'The Authorization header or x-amz-date is missing a part or malformed.',
    );
  }
  if (Math.abs(nowMs - signedAtMs) > MAX_SKEW_MS) {
    return refused(
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    );
  }
  return compare({ ...head, signedHeaders: names.split(';'), payloadHash }, key, date, signature, secretOf);
}

/**
 * The presigned form: everything is in the query. The body is unsigned, unless the query or a signed header has its
 * hash.
 */
export function verifyQuerySignature(head: RequestHead, secretOf: SecretOf, nowMs = Date.now()): Verified {
  const query = new Map(readableQuery(head.url));
  const of = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const date = of('Date');
  const signedAtMs = parseDate(date);
  const key = parseCredential(of('Credential'), date);
  const seconds = /^\d+$/.test(of('Expires')) ? Number(of('Expires')) : Number.NaN;
  if (of('Algorithm') !== ALGORITHM || !key || signedAtMs === undefined || !of('SignedHeaders') || !of('Signature')) {
    return refused(
      'AuthorizationQueryParametersError',
      'Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.',
    );
  }
  if (!(seconds >= 1 && seconds <= MAX_EXPIRY_SECONDS)) {
    return refused('AuthorizationQueryParametersError', 'X-Amz-Expires must be between 1 and 604800 seconds.');
  }
  if (signedAtMs - nowMs > MAX_SKEW_MS) return refused('RequestExpired', 'Request is not valid yet');
  if (nowMs >= signedAtMs + seconds * 1000) return refused('RequestExpired', 'Request has expired');
  const payloadHash = query.get('X-Amz-Content-Sha256') ?? head.headers['x-amz-content-sha256'] ?? UNSIGNED_PAYLOAD;
  return compare(
    { ...head, signedHeaders: of('SignedHeaders').split(';'), payloadHash },
    key,
    date,
    of('Signature'),
    secretOf,
  );
}

/** The POST form: the signature covers the base64 policy document as sent. Field names are lower-case. */
export function verifyPostSignature(fields: ReadonlyMap<string, string>, secretOf: SecretOf): Verified {
  const of = (name: string) => fields.get(name) ?? '';
  const key = parseCredential(of('x-amz-credential'), of('x-amz-date'));
  if (of('x-amz-algorithm') !== ALGORITHM || !key || !of('policy') || !of('x-amz-signature')) {
    return refused(
      'IncompleteSignatureException',
      'A POST needs policy, x-amz-algorithm, x-amz-credential, x-amz-date and x-amz-signature.',
    );
  }
  return compareText(of('policy'), key, of('x-amz-signature'), secretOf);
}

interface Key {
  readonly accessKeyId: string;
  readonly scope: Scope;
}

function compare(
  parts: Parameters<typeof canonicalRequest>[0],
  key: Key,
  date: string,
  signature: string,
  secretOf: SecretOf,
): Verified {
  const unsigned = Object.keys(parts.headers).filter(
    (name) => mustBeSigned(name) && !parts.signedHeaders.includes(name),
  );
  if (unsigned.length > 0) {
    return refused(
      'UnsignedHeaders',
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    );
  }
  try {
    return compareText(
      stringToSign(canonicalRequest(parts, key.scope.service), date, key.scope),
      key,
      signature,
      secretOf,
    );
  } catch (error) {
    if (error instanceof URIError)
      return refused('InvalidSignatureException', 'The path or the query is not valid percent-encoding.');
    throw error;
  }
}

function compareText(text: string, key: Key, signature: string, secretOf: SecretOf): Verified {
  const secret = secretOf(key.accessKeyId);
  if (secret === undefined) return refused('UnrecognizedClientException', 'The access key id is not known here.');
  if (sameSignature(sign(secret, key.scope, text), signature)) return { ok: true, accessKeyId: key.accessKeyId };
  return refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  );
}

/** Empty if the query is not valid percent-encoding; its parameters are then missing. */
function readableQuery(url: string): [string, string][] {
  try {
    return queryPairs(url);
  } catch (error) {
    if (error instanceof URIError) return [];
    throw error;
  }
}

/**
 * Headers that change the meaning of a request; an attacker could otherwise add them to another user's signed request.
 */
function mustBeSigned(name: string): boolean {
  return name === 'host' || name.startsWith('x-amz-');
}

export function isHash(text: string): boolean {
  return /^[0-9a-fA-F]{64}$/.test(text);
}

/** `AKID/20261120/us-east-1/s3/aws4_request` of the same day as `date`. */
function parseCredential(credential: string, date: string): Key | undefined {
  const parts = credential.split('/');
  const [day, region, service, end] = parts.slice(-4);
  const accessKeyId = parts.slice(0, -4).join('/');
  if (!accessKeyId || !day || !region || !service || end !== 'aws4_request' || !date.startsWith(`${day}T`))
    return undefined;
  return { accessKeyId, scope: { day, region, service } };
}

/** `20261120T210405Z` as epoch milliseconds. */
function parseDate(date: string): number | undefined {
  if (!/^\d{8}T\d{6}Z$/.test(date)) return undefined;
  const ms = Date.parse(date.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  return Number.isNaN(ms) ? undefined : ms;
}

function refused(code: SignatureErrorCode, message: string): Verified {
  return { ok: false, code, message };
}
