import { ex } from '../core/expression.ts';
import { keys } from '../core/keys.ts';
import type { EpochMs } from '../core/names.ts';
import type { Item, Table, TransactWrite } from '../core/table.ts';

/** A sign-in in progress at a provider. Values with which others could complete it are sealed. */
export interface OpenIdRequest {
  readonly requestId: string;
  /** Returned by the provider's redirect. It reveals nothing else. */
  readonly state: string;
  readonly provider: string;
  /** Sealed. */
  readonly codeVerifier: string;
  readonly codeMethod: 'S256';
  readonly redirectUrl: string;
  readonly scope: string;
  readonly ip: string;
  readonly expireTimeMs: EpochMs;
}

/** A request whose code has arrived. */
export interface AnsweredRequest extends OpenIdRequest {
  /** Sealed. */
  readonly code: string;
}

const keptMs = 24 * 60 * 60_000;

export async function putRequest(table: Table, request: OpenIdRequest): Promise<void> {
  const { requestId, state, expireTimeMs } = request;
  const ttl = Math.ceil((expireTimeMs + keptMs) / 1000);
  const isNew = ex`attribute_not_exists(pk)`;
  const stored = await table.transact([
    { put: { ...keys.openIdRequest(requestId), ...request, ttl }, when: isNew },
    { put: { ...keys.openIdState(state), requestId, ttl }, when: isNew },
  ]);
  if (!stored.ok) throw new Error('An OpenID request could not be stored.');
}

export async function requestOfState(table: Table, state: string): Promise<string | undefined> {
  const item = await table.get(keys.openIdState(state));
  return item && String(item.requestId);
}

/** @returns false if the request is unknown, expired, made from another address, or already has its code */
export async function takeCode(
  table: Table,
  requestId: string,
  given: { readonly code: string; readonly ip: string; readonly now: EpochMs },
): Promise<boolean> {
  const { code, ip, now } = given;
  const waits = ex`ip = ${ip} AND expireTimeMs > ${now} AND attribute_not_exists(code) AND attribute_not_exists(claimedTimeMs)`;
  return (await table.update(keys.openIdRequest(requestId), ex`SET code = ${code}`, { when: waits })).ok;
}

/**
 * A code can be exchanged once, so only one of several parallel calls gets it.
 * @returns `waiting` while the code has not arrived; undefined if this caller cannot complete the request (any more)
 */
export async function claim(
  table: Table,
  requestId: string,
  { ip, now }: { readonly ip: string; readonly now: EpochMs },
): Promise<AnsweredRequest | 'waiting' | undefined> {
  const isReady = ex`ip = ${ip} AND expireTimeMs > ${now} AND attribute_exists(code) AND attribute_not_exists(claimedTimeMs)`;
  const claimed = await table.update(keys.openIdRequest(requestId), ex`SET claimedTimeMs = ${now}`, { when: isReady });
  if (claimed.ok) return answered(claimed.item);
  const { current } = claimed;
  const mayWait =
    current !== undefined &&
    current.ip === ip &&
    Number(current.expireTimeMs) > now &&
    current.claimedTimeMs === undefined;
  return mayWait ? 'waiting' : undefined;
}

/** Lets the next call try again, because the provider could not be reached. */
export async function giveBack(table: Table, requestId: string): Promise<void> {
  await table.update(keys.openIdRequest(requestId), ex`REMOVE claimedTimeMs`, { when: ex`attribute_exists(pk)` });
}

/** Part of completing a request: removes everything that could be used again. */
export function completion(requestId: string, now: EpochMs): TransactWrite {
  return {
    update: keys.openIdRequest(requestId),
    change: ex`SET completedTimeMs = ${now} REMOVE code, codeVerifier`,
    when: ex`attribute_exists(claimedTimeMs) AND attribute_not_exists(completedTimeMs)`,
  };
}

function answered(item: Item | undefined): AnsweredRequest | undefined {
  // Only this file writes such items, and this one has its code.
  return item && (item as unknown as AnsweredRequest);
}
