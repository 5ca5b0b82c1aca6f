import type { Access, BucketPart } from '../parts.ts';
import { type Verified, verifyHeadSignature, verifyPostSignature, verifyQuerySignature } from '../sigv4.ts';
import type { StoredObject } from './bucket.ts';
import type { Call } from './call.ts';
import { S3Error, signatureSpelling } from './errors.ts';
import { compilePolicy, conditionKey } from './policy.ts';

/** The caller: a function with its key (and the form of its signature), or anonymous. */
export type Caller = { readonly signed: false } | { readonly signed: true; readonly accessKeyId: string };

export const anonymous: Caller = { signed: false };

/** Identifies the caller by the signature in the header or the query. @throws S3Error for an invalid signature */
export function authenticate(call: Call, access: Access): Caller {
  const { authorization } = call.headers;
  const isPresigned = call.query.has('X-Amz-Algorithm') || call.query.has('X-Amz-Signature');
  if (authorization === undefined && !isPresigned) return anonymous;
  if (authorization !== undefined && isPresigned) {
    throw new S3Error(
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the Authorization header should be specified',
    );
  }
  const secretOf = (id: string) => access.principal(id)?.secretAccessKey;
  if (authorization === undefined) return accepted(verifyQuerySignature(call, secretOf, call.nowMs));
  if (!authorization.startsWith('AWS4-HMAC-SHA256'))
    throw new S3Error('InvalidArgument', 'Unsupported Authorization Type');
  const payloadHash = call.headers['x-amz-content-sha256'];
  if (payloadHash === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  return accepted(verifyHeadSignature(call, payloadHash, secretOf, call.nowMs));
}

/** The signer of a POST form's policy. A form without a policy is anonymous. Field names are lower-case. */
export function authenticateForm(fields: ReadonlyMap<string, string>, access: Access): Caller {
  if (!fields.has('policy')) return anonymous;
  const verified = verifyPostSignature(fields, (id) => access.principal(id)?.secretAccessKey);
  if (!verified.ok && verified.code === 'IncompleteSignatureException')
    throw new S3Error('InvalidArgument', verified.message);
  return accepted(verified);
}

function accepted(verified: Verified): Caller {
  if (verified.ok) return { signed: true, accessKeyId: verified.accessKeyId };
  throw new S3Error(signatureSpelling[verified.code], verified.message);
}

/** What a decision may depend on besides caller, action and object. */
export interface Circumstances {
  /** The current object, for `s3:ExistingObjectTag/…`. */
  readonly existing?: StoredObject | undefined;
  /** The requested tags, for `s3:RequestObjectTag/…`. */
  readonly requestedTags?: Readonly<Record<string, string>>;
}

export interface Permissions {
  allows(caller: Caller, action: string, bucket: string, key?: string, circumstances?: Circumstances): boolean;
  /** @throws S3Error AccessDenied naming caller, action and resource */
  demand(caller: Caller, action: string, bucket: string, key?: string, circumstances?: Circumstances): void;
}

/** The function's role or the bucket's policy must allow the action, and the policy must not deny it. */
export function createPermissions(buckets: readonly BucketPart[], access: Access): Permissions {
  const policies = new Map(buckets.map(({ name, policy }) => [name, compilePolicy(policy)]));
  const arnOf = (bucket: string, key?: string) => `arn:aws:s3:::${bucket}${key === undefined ? '' : `/${key}`}`;

  const allows: Permissions['allows'] = (caller, action, bucket, key, circumstances = {}) => {
    const resource = arnOf(bucket, key);
    const decision = policies.get(bucket)?.({ action, resource, context: contextOf(circumstances) });
    if (decision === 'deny') return false;
    return decision === 'allow' || (caller.signed && access.allows(caller.accessKeyId, action, resource));
  };
  return {
    allows,
    demand(caller, action, bucket, key, circumstances) {
      if (allows(caller, action, bucket, key, circumstances)) return;
      if (!caller.signed) throw new S3Error('AccessDenied', 'Access Denied');
      const name = access.principal(caller.accessKeyId)?.functionId ?? caller.accessKeyId;
      throw new S3Error(
        'AccessDenied',
        `User: ${name} is not authorized to perform: ${action} on resource: "${arnOf(bucket, key)}"`,
      );
    },
  };
}

/** A connection from this machine to itself counts as the encrypted one that bucket policies require. */
function contextOf({ existing, requestedTags = {} }: Circumstances): ReadonlyMap<string, string> {
  const context = new Map([
    [conditionKey('aws:SecureTransport'), 'true'],
    [conditionKey('s3:TlsVersion'), '1.3'],
  ]);
  for (const [tag, value] of Object.entries(existing?.tags ?? {}))
    context.set(conditionKey(`s3:ExistingObjectTag/${tag}`), value);
  for (const [tag, value] of Object.entries(requestedTags))
    context.set(conditionKey(`s3:RequestObjectTag/${tag}`), value);
  return context;
}
