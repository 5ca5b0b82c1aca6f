import type * as z from 'zod/mini';
import { type Operation, operation } from './contract.ts';

/** Builds operations over noex's sockets that differ only in type, input and output. Keeps their exact types. */
export const operationsWith =
  <const Shared extends Pick<Operation, 'access' | 'errors'>>(shared: Shared) =>
  <Type extends string, In extends z.core.$ZodType, Out extends z.core.$ZodType>(
    type: Type,
    summary: string,
    input: () => In,
    output: () => Out,
  ) =>
    operation({
      ...shared,
      summary,
      input,
      output,
      socket: { dialect: 'noex', type, reply: 'result', runsIn: 'store' },
    });
