import { updatesOf } from '../branches/reading.ts';
import { bodiesAt } from '../core/channel/versions.ts';
import { Failure } from '../core/errors.ts';
import type { EpochMs } from '../core/names.ts';
import type { Ports } from '../core/ports.ts';
import type { OpenDocument } from './open-document.ts';

/** Reads a branch at a version. @throws Failure `not_found` */
export async function documentAt(
  ports: Ports,
  document: OpenDocument | undefined,
  version: number,
): Promise<{ readonly at: EpochMs; readonly updates: readonly string[] }> {
  const found = document?.kept && (await bodiesAt(ports, document.channel, document.kept, version));
  if (!found) throw new Failure('not_found', `There is no version ${version}, or none any more.`);
  return { at: found.at, updates: found.bodies.flatMap(updatesOf) };
}
