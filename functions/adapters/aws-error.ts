import type { Answer } from './aws-transport.ts';

/** A call to AWS that failed for good, after retries. */
export class AwsError extends Error {
  /** AWS's own name, e.g. `ConditionalCheckFailedException`; Node's code, e.g. `ECONNRESET`, where no answer came. */
  readonly code: string;
  /** HTTP status; undefined where no answer came. */
  readonly status: number | undefined;
  /** The error document as the service sent it, `{}` where it is no JSON object. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The service never saw the request: nobody listened, or a kept-alive socket was found closed. */
  readonly unsent: boolean;
  /** An earlier attempt of the same call ended without a clear answer: this one may have run into its effect. */
  readonly doubtful: boolean;

  /** Worth another try later; see `isPassingTrouble`. */
  get passing(): boolean {
    return isPassing(this) || this.code === 'TransactionCanceledException';
  }

  /** Somebody else's transaction was there the whole time; see `isInTheWay`. */
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

/** Refusals that pass: too fast, or in the way of somebody else's transaction. Nothing was done. */
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

/** Refused, and surely not done: may be repeated whatever it was. */
export function isPassingRefusal(error: AwsError): boolean {
  return error.status === 429 || passing.has(error.code);
}

/** Trouble that passes. What came without an answer, or with 5xx, may have been done all the same. */
export function isPassing(error: AwsError): boolean {
  return error.status === undefined || error.status >= 500 || isPassingRefusal(error);
}

/** What an error answer says, in the spelling of any of AWS's protocols: a header, JSON or XML. */
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
