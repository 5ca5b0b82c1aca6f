import type { ProcedureBinding } from '../core/contract.ts';
import type { Failure } from '../core/errors.ts';
import type { Settings } from '../core/settings.ts';

/** Whose pages may call; undefined where no operation has been found yet. */
export type OriginClass = ProcedureBinding['origins'] | undefined;

/** The page that asks, as far as its browser tells. Other programs send no origin. */
export interface Page {
  readonly origin: string | undefined;
  readonly method: string;
}

/** An answer over HTTP before the headers that every answer gets. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; undefined where there is no body. */
  readonly body?: unknown;
}

/** How the clients of one system spell answers over HTTP. The path decides; every answer below it is in its words. */
export interface Family {
  readonly name: string;
  owns(path: string): boolean;
  /** Refuses pages that may not call, before anything else happens. @throws Failure `invalid_origin` */
  admit(page: Page, origins: OriginClass, settings: Settings): void;
  /** Lets the page that asks read the answer, refusals included. */
  headersFor(page: Page, origins: OriginClass, settings: Settings): Readonly<Record<string, string>>;
  /** The answer to `OPTIONS`. @throws Failure `invalid_origin` */
  preflight(page: Page, settings: Settings): Reply;
  /**
   * What an unknown path, or method of a path, is refused with.
   * @param allowed methods of the path, where it is known
   */
  unknown(allowed: readonly string[]): Failure;
  /** @param status default 200 */
  succeed(output: unknown, status?: number): Reply;
  refuse(failure: Failure): Reply;
  /** Whoever has to be signed in, and is not, hears that whatever else is wrong. */
  readonly credentialFirst?: true;
  /** While somebody develops, whoever shows no credential is a user all the same, where there has to be one. */
  readonly namesDeveloper?: true;
}

/** What pages may send along, and what they may do, where they may do anything. */
export const allowedHeaders = 'Content-Type, Authorization, Idempotency-Key';
export const allowedMethods = 'GET, POST, PUT, DELETE, OPTIONS';
/** How long a browser may remember a preflight. */
export const preflightAgeSeconds = '86400';

/** Tells programs that read only headers when to come back. */
export function retryAfter({ details }: Failure): Readonly<Record<string, string>> {
  const { retryAfterSeconds } = details;
  return typeof retryAfterSeconds === 'number' ? { 'Retry-After': String(retryAfterSeconds) } : {};
}
