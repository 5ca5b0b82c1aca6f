import type * as z from 'zod/mini';
import type { Caller, SocketCaller } from './caller.ts';
import type { Contract, Operation } from './contract.ts';
import type { HttpOutput } from './http-output.ts';
import type { Ports } from './ports.ts';
import type { Streamed } from './streamed.ts';

/** An operation with a socket binding and no other is always called from a connection. */
type CallerOf<O extends Operation> = O extends { socket: object }
  ? O extends { http: object } | { procedure: object }
    ? Caller | SocketCaller
    : SocketCaller
  : Caller;

/** An operation returns this if it has already posted its answer itself. */
export const hasAnswered = Symbol('has answered');
/** The same, if the answer was a refusal. */
export const hasRefused = Symbol('has refused');

/** What an operation may return. */
type Answer<Output> = Output | HttpOutput<Output> | Streamed | typeof hasAnswered | typeof hasRefused;

export type Implementation<C extends Contract> = {
  readonly [Name in keyof C['operations']]: (
    ports: Ports,
    caller: CallerOf<C['operations'][Name]>,
    input: z.output<C['operations'][Name]['input']>,
  ) => Promise<Answer<z.input<C['operations'][Name]['output']>>>;
};

/** An operation with its implementation, ready for any door. */
export interface Bound {
  /** `capability.operation` */
  readonly name: string;
  readonly operation: Operation;
  run(ports: Ports, caller: Caller, input: unknown): Promise<unknown>;
}

/** Joins a contract to its code; forgetting an operation does not compile. */
export function implement<const C extends Contract>(
  capability: string,
  contract: C,
  code: Implementation<C>,
): readonly Bound[] {
  return Object.entries(contract.operations).map(([name, operation]) => ({
    name: `${capability}.${name}`,
    operation,
    // The door has validated the input against this operation's own schema, and only sockets reach socket operations.
    run: code[name as keyof C['operations']] as unknown as Bound['run'],
  }));
}
