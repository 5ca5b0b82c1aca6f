import * as z from 'zod/mini';
import type { Push } from '../../functions/core/contract.ts';
import { protocol } from '../../functions/protocol.ts';
import type { Client } from './sockets.ts';

/**
 * A client whose frames are those of the contracts: a renamed field does not compile, and a frame with unknown fields
 * fails.
 */
export interface TypedClient {
  readonly client: Client;
  send<Type extends keyof Sent>(type: Type, payload: Sent[Type]): void;
  /** All frames received of one type. @throws Error for a frame that does not match the contract */
  heard<Type extends keyof Received>(type: Type): Received[Type][];
}

type Contracts = (typeof protocol)[keyof typeof protocol];
type Values<T> = T extends unknown ? T[keyof T] : never;
type SocketOperation = Extract<Values<Contracts['operations']>, { readonly socket: object }>;

/** The frames that may be sent, by type. */
export type Sent = { [O in SocketOperation as O['socket']['type']]: z.input<O['input']> };

type AnyPush = Extract<Values<Contracts['pushes']>, Push>;

/** The frames that may be received, by type. */
export type Received = { [P in AnyPush as P['type']]: z.output<P['payload']> };

export function typed(client: Client): TypedClient {
  return {
    client,
    send: (type, payload) => client.send(type, payload),
    heard: <Type extends keyof Received>(type: Type) =>
      // The schema of this type has just accepted each of them.
      client.of(type).map(({ payload }) => asAnnounced(type, payload) as Received[Type]),
  };
}

/** @throws Error naming what the contract does not know, or lacks */
export function asAnnounced(type: string, payload: unknown): unknown {
  const push = pushes.find((one) => one.type === type);
  if (!push) throw new Error(`No contract announces frames of type ${type}.`);
  const parsed = z.parse(push.payload, payload);
  // Schemas drop unknown fields, so a frame that gets smaller has more than the contract.
  if (sorted(parsed) !== sorted(payload)) throw new Error(`${type} says more than its contract: ${sorted(payload)}`);
  return parsed;
}

const pushes: readonly Push[] = Object.values(protocol).flatMap((contract) => Object.values<Push>(contract.pushes));

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
