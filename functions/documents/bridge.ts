import type { Ports } from '../core/ports.ts';
import { bridgeLater } from '../memory/bridge.ts';
import { beginBridging, dropBridge, endBridging, failBridging, giveUpBridging } from '../memory/bridging.ts';
import { findInstance } from '../projects/reach.ts';
import { bridgeRound } from './bridge-round.ts';

export interface BridgeJobBody {
  readonly instanceId: string;
  /** The handler that should have started this may have died, so its update may be undelivered. */
  readonly isLate?: boolean;
}

/** No round begins after this time, because it might not finish. */
const beginForMs = 12_000;

/**
 * Synchronizes the keys of an instance with its document until there is nothing left to do. Only one job per instance
 * runs at a time; another one returns at once. If a job dies, the next continues where it stopped.
 */
export async function bridge(ports: Ports, { instanceId, isLate = false }: BridgeJobBody): Promise<void> {
  const since = ports.clock.now();
  let bridging = await beginBridging(ports, instanceId);
  if (!bridging && isLate) return bridgeLater(ports, instanceId);
  let isLateRound = isLate;
  while (bridging) {
    const current = bridging;
    try {
      const instance = await findInstance(ports, instanceId);
      if (!instance) return await dropBridge(ports, instanceId);
      if (ports.clock.now() - since > beginForMs) {
        await giveUpBridging(ports, current);
        return await bridgeLater(ports, instanceId);
      }
      await bridgeRound(ports, instance, current, { isLate: isLateRound });
    } catch (cause) {
      await failBridging(ports, current);
      throw cause;
    }
    isLateRound = false;
    bridging = await endBridging(ports, current);
  }
}
