import { identityOf } from '../auth/identity.ts';
import type { Caller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import { putUsage } from './usage-store.ts';

/** The request for which a provider was called. */
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

/** The use of a provider by one request, however often it calls a model. */
export interface Call {
  /** The provider got the request, whatever it answers. */
  reached(): void;
  wasReached(): boolean;
  /** Adds the tokens of one answer. */
  answered(tokens: Tokens): void;
  /** Stores one row, unless the provider was never reached. A row that cannot be stored does not fail the request. */
  note(): Promise<void>;
}

export function callOf(ports: Ports, caller: Caller, { endpoint, instanceId, model }: CalledFor): Call {
  const { userId, credential } = identityOf(caller);
  let isReached = false;
  let noted = false;
  let inputTokens: number | undefined;
  let outputTokens: number | undefined;
  return {
    reached() {
      isReached = true;
    },
    wasReached: () => isReached,
    answered(tokens) {
      inputTokens = sum(inputTokens, tokens.inputTokens);
      outputTokens = sum(outputTokens, tokens.outputTokens);
    },
    async note() {
      if (!isReached || noted) return;
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
