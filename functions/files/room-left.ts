import { Failure } from '../core/errors.ts';
import { ex } from '../core/expression.ts';
import { keys, usageOf } from '../core/keys.ts';
import type { Owner } from '../core/limits.ts';
import type { Ports } from '../core/ports.ts';
import type { TransactWrite } from '../core/table.ts';
import type { Place } from './places.ts';

/**
 * Whether the owner's subscription has room for a file of this size. Files whose bytes are awaited count like stored ones.
 * @returns conditions for the transaction that records the file, so that concurrent requests cannot exceed the limit
 * @throws Failure `not_authorized`, `unacceptable_request`, `subscription_limit_reached`
 */
export async function demandRoom(
  ports: Ports,
  owner: Owner,
  place: Place,
  sizeInBytes: number,
): Promise<readonly TransactWrite[]> {
  const { files: limit } = await ports.limits.of(owner);
  if (limit?.allowed === false) throw new Failure('not_authorized', 'The subscription allows no files.');
  demandSize(sizeInBytes, limit?.maxBytesPerFile);
  const { maxFiles = Number.POSITIVE_INFINITY, maxBytesTotal = Number.POSITIVE_INFINITY } = limit ?? {};
  if (maxFiles === Number.POSITIVE_INFINITY && maxBytesTotal === Number.POSITIVE_INFINITY) return [];

  const { files, bytes, turn } = await readUsage(ports, owner, place);
  if (files + 1 > maxFiles || bytes + sizeInBytes > maxBytesTotal) {
    const full = files + 1 > maxFiles ? `${maxFiles} files` : `${maxBytesTotal} bytes of files`;
    throw new Failure('subscription_limit_reached', `The subscription allows ${full}.`);
  }
  const nobodyElseTookTheRoom = turn === undefined ? ex`attribute_not_exists(turn)` : ex`turn = ${turn}`;
  return [{ update: keys.filesOf(owner), change: ex`ADD turn ${1}`, when: nobodyElseTookTheRoom }];
}

/** @throws Failure `unacceptable_request` */
export function demandSize(sizeInBytes: number, maxBytes: number | undefined): void {
  if (maxBytes === undefined || sizeInBytes <= maxBytes) return;
  throw new Failure(
    'unacceptable_request',
    `A file may have ${maxBytes} bytes here, and this one has ${sizeInBytes}.`,
    {
      issues: [{ code: 'too_big', maximum: maxBytes, path: ['fileByteLength'], message: 'The file is too large.' }],
    },
  );
}

/** The owner's usage without this file. */
async function readUsage({ table, clock }: Ports, owner: Owner, { recordName, fileName }: Place) {
  const own = keys.fileClaim(owner, recordName, fileName).sk;
  const total = keys.filesOf(owner).sk;
  const items = await table.query({ pk: usageOf(owner), beginsWith: total });
  const stored = items.find(({ sk }) => sk === total);
  const claims = items.filter(({ sk, ttl }) => sk !== total && sk !== own && Number(ttl) * 1000 > clock.now());
  return {
    files: Number(stored?.files ?? 0) + claims.length,
    bytes: claims.reduce((sum, { sizeInBytes }) => sum + Number(sizeInBytes), Number(stored?.bytes ?? 0)),
    turn: typeof stored?.turn === 'number' ? stored.turn : undefined,
  };
}
