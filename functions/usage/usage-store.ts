import { branded } from '../core/branded.ts';
import { keys, padded, usageRowsOf } from '../core/keys.ts';
import type { EpochMs, UserId } from '../core/names.ts';
import type { Item, Table } from '../core/table.ts';

/** One use of an AI provider. */
export interface UsageRow {
  readonly id: string;
  readonly at: EpochMs;
  readonly endpoint: string;
  readonly instanceId: string;
  /** The API key of the request, if it had one. */
  readonly apiKeyId: string | undefined;
  readonly model: string;
  /** As the provider counts them; undefined if it does not. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

const keptSeconds = 400 * 24 * 3600;

export async function putUsage(table: Table, userId: UserId, row: UsageRow): Promise<void> {
  const ttl = Math.ceil(row.at / 1000) + keptSeconds;
  await table.put({ ...keys.usageRow(userId, row.at, row.id), ...row, ttl });
}

/** Newest first. */
export async function listUsage(
  table: Table,
  userId: UserId,
  { since, limit }: { readonly since: EpochMs; readonly limit: number },
): Promise<UsageRow[]> {
  const items = await table.query({ pk: usageRowsOf(userId), from: padded(since), limit, backward: true });
  return items.map(rowOf);
}

function rowOf(item: Item): UsageRow {
  const { id, at, endpoint, instanceId, apiKeyId, model, inputTokens, outputTokens } = item;
  return {
    id: String(id),
    at: branded<EpochMs>(Number(at)),
    endpoint: String(endpoint),
    instanceId: String(instanceId),
    apiKeyId: apiKeyId === undefined ? undefined : String(apiKeyId),
    model: String(model),
    inputTokens: inputTokens === undefined ? undefined : Number(inputTokens),
    outputTokens: outputTokens === undefined ? undefined : Number(outputTokens),
  };
}
