import type { EpochMs } from '../core/names.ts';
import { AwsError, errorOf, isPassing, isPassingRefusal } from './aws-error.ts';
import { type Credentials, createSigner, sha256Hex } from './aws-signature.ts';
import { type Answer, type Transport, transportTo } from './aws-transport.ts';
import { type Patience, type Pauses, patiently } from './back-off.ts';

/**
 * Signed requests to one AWS service: the part of an SDK client that we need, at a third of its CPU time and without
 * its 300 KB. Answers with a status below 300 are returned, all others throw an {@link AwsError}; temporary errors are
 * retried.
 */

export interface AwsRequest {
  /** For error messages, e.g. `PutItem`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the endpoint's own, percent-encoded; begins with `/`. A query is in canonical form. */
  readonly path: string;
  /** Lower-case names; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Hexadecimal SHA-256 of the body, if the caller already has it. */
  readonly bodyHash?: string;
  /**
   * Whether to retry a call that may have taken effect because no answer came. Requests that never reached the service,
   * were throttled, or failed with 5xx are always retried.
   */
  readonly repeatable: boolean;
}

export interface AwsClientSettings {
  readonly endpoint: URL;
  readonly region: string;
  readonly credentials: Credentials;
  /** The service's name in signatures. */
  readonly service: string;
  readonly timeoutMs: number;
  readonly patience: Patience;
  readonly pauses: Pauses & { readonly clock: { now(): EpochMs } };
}

export interface AwsClient {
  readonly settings: AwsClientSettings;
  /** @throws AwsError */
  send(request: AwsRequest): Promise<Answer>;
}

export function createAwsClient(settings: AwsClientSettings): AwsClient {
  const { endpoint, pauses, timeoutMs } = settings;
  const sign = createSigner(settings.credentials, settings.region, settings.service);
  const transport: Transport = transportTo(endpoint);
  const base = endpoint.pathname.replace(/\/$/, '');

  async function attempt(request: AwsRequest, bodyHash: string, doubtful: boolean): Promise<Answer> {
    const { operation, method, body } = request;
    const path = base + request.path;
    // Signed again for each attempt: a signature is valid for five minutes around its date.
    const headers = sign(
      { method, path, headers: { ...request.headers, host: endpoint.host }, bodyHash },
      pauses.clock.now(),
    );
    const answer = await transport(operation, { method, path, headers, body, timeoutMs });
    if (answer.status < 300) return answer;
    throw errorOf(operation, answer, { doubtful });
  }

  return {
    settings,
    async send(request) {
      const bodyHash = request.bodyHash ?? sha256Hex(request.body);
      let doubtful = false;
      const mayRepeat = (error: unknown) => {
        if (!(error instanceof AwsError) || !isPassing(error)) return false;
        doubtful ||= !error.unsent && !isPassingRefusal(error);
        return request.repeatable || error.status !== undefined || error.unsent;
      };
      return await patiently(pauses, settings.patience, mayRepeat, () => attempt(request, bodyHash, doubtful));
    },
  };
}

/** Calls an operation of a service that speaks AWS's JSON protocol; answers its output, `{}` for an empty one. */
export async function callJson(
  client: AwsClient,
  protocol: { readonly version: '1.0' | '1.1'; readonly prefix: string },
  operation: string,
  input: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await client.send({
    operation,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': `application/x-amz-json-${protocol.version}`,
      'x-amz-target': `${protocol.prefix}.${operation}`,
    },
    body: JSON.stringify(input),
    repeatable: true,
  });
  return answer.body === '' ? {} : JSON.parse(answer.body);
}
