import type { ProcedureBinding } from '../core/contract.ts';
import type { Failure } from '../core/errors.ts';
import type { Settings } from '../core/settings.ts';

/** The pages that may call; undefined while no operation has been found. */
export type OriginClass = ProcedureBinding['origins'] | undefined;

/** The calling page, by the browser's headers. Other programs send no origin. */
export interface Page {
  readonly origin: string | undefined;
  readonly method: string;
}

/** An answer over HTTP, without the headers that all answers get. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; undefined without a body. */
  readonly body?: unknown;
}

/** The HTTP answer format of one client system. The path decides which family answers. */
export interface Family {
  readonly name: string;
  owns(path: string): boolean;
  /** Refuses pages that may not call, before anything else happens. @throws Failure `invalid_origin` */
  admit(page: Page, origins: OriginClass, settings: Settings): void;
  /** Headers that let the calling page read the answer, including refusals. */
  headersFor(page: Page, origins: OriginClass, settings: Settings): Readonly<Record<string, string>>;
  /** The answer to `OPTIONS`. @throws Failure `invalid_origin` */
  preflight(page: Page, settings: Settings): Reply;
  /**
   * The refusal of an unknown path, or of a method that a path does not have.
   * @param allowed methods of the path, if it is known
   */
  unknown(allowed: readonly string[]): Failure;
  /** @param status default 200 */
  succeed(output: unknown, status?: number): Reply;
  refuse(failure: Failure): Reply;
  /** A missing sign-in is reported before any other error. */
  readonly credentialFirst?: true;
  /** In development, callers without a credential count as a user, in operations that need one. */
  readonly namesDeveloper?: true;
}

/** Headers and methods that pages may use, if they may call at all. */
export const allowedHeaders = 'Content-Type, Authorization, Idempotency-Key';
export const allowedMethods = 'GET, POST, PUT, DELETE, OPTIONS';
/** How many seconds a browser may cache a preflight. */
export const preflightAgeSeconds = '86400';

/** `Retry-After`, for programs that only read headers. */
export function retryAfter({ details }: Failure): Readonly<Record<string, string>> {
  const { retryAfterSeconds } = details;
  return typeof retryAfterSeconds === 'number' ? { 'Retry-After': String(retryAfterSeconds) } : {};
}
