import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import { isObject } from '../core/json.ts';
import type { Ports } from '../core/ports.ts';
import { putUsage } from './usage-store.ts';

/** What a provider was called for. */
export interface CalledFor {
  /** Path of the request. */
  readonly endpoint: string;
  readonly instanceId: string;
  readonly model: string;
}

interface Tokens {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
}

/** One request's use of a provider, however many times a model is asked for it. */
export interface Call {
  answered(tokens?: Tokens): void;
  /** Counts, where it was the provider who said no. */
  failed(thrown: unknown): void;
  /** Keeps one row of it, unless the provider was never reached. A row that is lost is no reason to fail. */
  note(): Promise<void>;
}

export function callOf(ports: Ports, caller: Caller, { endpoint, instanceId, model }: CalledFor): Call {
  const { userId, credential } = identityOf(caller);
  let reached = false;
  let noted = false;
  let inputTokens: number | undefined;
  let outputTokens: number | undefined;
  return {
    answered(tokens = {}) {
      reached = true;
      inputTokens = sum(inputTokens, tokens.inputTokens);
      outputTokens = sum(outputTokens, tokens.outputTokens);
    },
    failed(thrown) {
      reached ||= wasAnswered(thrown);
    },
    async note() {
      if (!reached || noted) return;
      noted = true;
      const apiKeyId = credential.kind === 'apiKey' ? credential.id : undefined;
      const row = { id: ports.ids.uuid(), endpoint, instanceId, apiKeyId, model, inputTokens, outputTokens };
      await putUsage(ports.table, userId, { ...row, at: ports.clock.now() }).catch((error: unknown) =>
        ports.log.error('the use of a model could not be noted', error, { userId, endpoint }),
      );
    },
  };
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : one + (other ?? 0);
}

/** Errors of the AI SDK know what the provider answered; those of several tries know the last one. */
function wasAnswered(thrown: unknown): boolean {
  if (!isObject(thrown)) return false;
  return typeof thrown.statusCode === 'number' || wasAnswered(thrown.lastError);
}
