/**
 * What AWS charges in us-east-1, on demand, in dollars per million of each thing. As known in November 2025; verify before
 * relying on it: https://aws.amazon.com/{api-gateway,lambda,dynamodb,sqs}/pricing/. Free tiers and volume discounts, logs
 * and traffic out are left out; connection minutes are $0.25 per million and do not depend on what is said.
 */
export const pricesKnownIn = 'November 2025';

const perMillion = {
  /** WebSocket messages in or out, one per begun {@link meteredFrameBytes}. */
  gatewayMessage: 1.0,
  /** FIFO requests, one per begun {@link meteredQueueBytes} of a call. */
  queueRequest: 0.5,
  writeUnit: 0.625,
  readUnit: 0.125,
  invocation: 0.2,
} as const;
/** Lambda on arm64, per GB and second. */
const gigabyteSecond = 0.0000133334;

export const meteredFrameBytes = 32 * 1024;
export const meteredQueueBytes = 64 * 1024;

/** What one operation consumed, including everything it caused. */
export interface Consumption {
  readonly gatewayMessages: number;
  readonly queueRequests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly invocations: number;
  /** Time billed by Lambda, at {@link memoryGb}. */
  readonly billedMs: number;
}

/** Memory of the functions on the message path. */
export const memoryGb = 1;
/** The share of a processor that comes with that memory: 1,769 MB are one. */
export const processorShare = 1024 / 1769;

/** Dollars for a million such operations: what the gateway charges for its messages, and everything else. */
export function dollarsPerMillion(used: Consumption): { readonly gateway: number; readonly above: number } {
  return {
    gateway: used.gatewayMessages * perMillion.gatewayMessage,
    above:
      used.queueRequests * perMillion.queueRequest +
      used.readUnits * perMillion.readUnit +
      used.writeUnits * perMillion.writeUnit +
      used.invocations * perMillion.invocation +
      (used.billedMs / 1000) * memoryGb * gigabyteSecond * 1_000_000,
  };
}
