import type { Answer } from './aws-transport.ts';

/** A call to AWS that failed for good, after retries. */
export class AwsError extends Error {
  /** AWS's error name, e.g. `ConditionalCheckFailedException`; without an answer Node's code, e.g. `ECONNRESET`. */
  readonly code: string;
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined;
  /** The error document as the service sent it; `{}` if it is no JSON object. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The service never saw the request: the connection was refused, or a kept-alive socket was already closed. */
  readonly unsent: boolean;
  /** An earlier attempt of the same call ended without a clear answer, so it may have caused this error. */
  readonly doubtful: boolean;

  /** Temporary: the caller may retry later; see `isPassingTrouble`. */
  get passing(): boolean {
    return isPassing(this) || this.code === 'TransactionCanceledException';
  }

  /** Other transactions kept writing the same items; see `isInTheWay`. */
  get inTheWay(): boolean {
    return this.code === 'TransactionCanceledException' || this.code === 'TransactionConflictException';
  }

  constructor(
    operation: string,
    failed: {
      readonly code: string;
      readonly message: string;
      readonly status?: number;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly unsent?: boolean;
      readonly doubtful?: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(`${operation}: ${failed.code}: ${failed.message}`, { cause: failed.cause });
    this.name = 'AwsError';
    this.code = failed.code;
    this.status = failed.status;
    this.details = failed.details ?? {};
    this.unsent = failed.unsent ?? false;
    this.doubtful = failed.doubtful ?? false;
  }
}

/** Temporary refusals: throttling, or a conflict with another transaction. The call had no effect. */
const passing = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/** Whether the service refused the call without any effect, so that every call may be retried. */
export function isPassingRefusal(error: AwsError): boolean {
  return error.status === 429 || passing.has(error.code);
}

/** Whether the error is temporary. A call without an answer, or with 5xx, may nevertheless have taken effect. */
export function isPassing(error: AwsError): boolean {
  return error.status === undefined || error.status >= 500 || isPassingRefusal(error);
}

/** Reads the code and message of an error answer in any of AWS's protocols: from a header, JSON or XML. */
export function errorOf(
  operation: string,
  { status, headers, body }: Answer,
  earlier: { readonly doubtful: boolean },
): AwsError {
  const type = headers['x-amzn-errortype'];
  const details = jsonObject(body);
  const named = text(type) ?? text(details.__type) ?? text(details.code) ?? xmlValue(body, 'Code') ?? `Http${status}`;
  const message = text(details.message) ?? text(details.Message) ?? xmlValue(body, 'Message') ?? 'no message';
  // `com.amazonaws.dynamodb.v20120810#Name` in JSON, `Name:http://…` in the header.
  const code = named.replace(/^.*#/, '').replace(/:.*$/, '');
  return new AwsError(operation, { code, message, status, details, ...earlier });
}

function jsonObject(body: string): Readonly<Record<string, unknown>> {
  if (!body.startsWith('{')) return {};
  try {
    return JSON.parse(body);
  } catch {
    return {};
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function xmlValue(body: string, tag: string): string | undefined {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(body)?.[1];
}
