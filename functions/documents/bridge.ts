import type { Ports } from '../core/ports.ts';
import { bridgeLater } from '../memory/bridge.ts';
import { beginBridging, dropBridge, endBridging, failBridging, giveUpBridging } from '../memory/bridging.ts';
import { findInstance } from '../projects/reach.ts';
import { bridgeRound } from './bridge-round.ts';

export interface BridgeJobBody {
  readonly instanceId: string;
  /** Somebody who was to start this may have died: what they have written, nobody may have heard of. */
  readonly isLate?: boolean;
}

/** What begins later than that might not come to an end. */
const beginForMs = 12_000;

/**
 * Brings the keys of an instance and its document together, until nobody wants it any more. One at a time does so; who finds
 * somebody at it leaves, and what dies is begun again by the next, where it was.
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
