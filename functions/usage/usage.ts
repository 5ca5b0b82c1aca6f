import { identityOf } from '../auth/identity.ts';
import { branded } from '../core/branded.ts';
import { implement } from '../core/implement.ts';
import type { EpochMs } from '../core/names.ts';
import { usageContract } from './contract.ts';
import { listUsage, type UsageRow } from './usage-store.ts';

/** Users see only their own usage of AI models. `calls.ts` creates the rows. */
export const usage = implement('usage', usageContract, {
  async listUsage({ table }, caller, { since, limit }) {
    const from = branded<EpochMs>(since * 1000);
    const rows = await listUsage(table, identityOf(caller).userId, { since: from, limit });
    return { usage: rows.map(shown) };
  },
});

function shown({ id, at, endpoint, instanceId, apiKeyId, model, inputTokens, outputTokens }: UsageRow) {
  return {
    id,
    endpoint,
    instance_id: instanceId,
    api_key_id: apiKeyId ?? null,
    model,
    input_tokens: inputTokens ?? null,
    output_tokens: outputTokens ?? null,
    created_at: Math.floor(at / 1000),
  };
}
