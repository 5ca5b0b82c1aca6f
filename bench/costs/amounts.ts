import { dollarsPerMillion } from '../prices.ts';
import type { Ledger } from './deployment.ts';

/** Everything that an operation consumed, and what a million of it cost. */
export function amounts(used: Ledger): string {
  const { gateway, above } = dollarsPerMillion(used);
  return [
    `${short(used.tableCalls)} calls`,
    `${short(used.readUnits)} RRU`,
    `${short(used.writeUnits)} WRU`,
    `${short(used.frames)} frames`,
    `${short(used.queueRequests)} SQS`,
    `${short(used.cpuMs)} ms CPU`,
    `$${(gateway + above).toFixed(2)}/M`,
  ].join(', ');
}

export const short = (value: number): string => String(Number(value.toFixed(value < 10 ? 2 : 0)));

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.02 ? 2 : 1)} %`;

/** What one operation consumed, out of so many. */
export function divided(ledger: Ledger, by: number): Ledger {
  const parts = Object.entries(ledger).map(([name, value]) => [name, value / by]);
  // The same names with other numbers; the chain is that of one operation, not a sum.
  return { ...(Object.fromEntries(parts) as Ledger), tripsToFirstFrame: ledger.tripsToFirstFrame };
}
