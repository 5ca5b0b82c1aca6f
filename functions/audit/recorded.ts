import type { App } from '../core/app.ts';
import { tierOf } from '../store/tiers.ts';

/** Whether the application audits requests of this type. */
export function isRecorded({ audit }: App, type: string): boolean {
  const tier = tierOf(type);
  return audit !== undefined && tier !== undefined && (audit.tiers ?? ['admin']).includes(tier);
}
