import type { BranchAddress } from '../branches/address.ts';
import { longestName } from '../branches/contract.ts';
import { Failure } from '../core/errors.ts';
import { parseRecordKey } from '../core/record-keys.ts';

/**
 * The branch in a socket's path: `/yjs/{record}/{inst}/{branch}`, each percent-encoded, with a bare `-` for no record.
 * A record key is accepted in place of the record's name; only the name in it counts.
 * @throws Failure `unacceptable_request`
 */
export function branchAt(path: string): BranchAddress {
  const [record, inst, branch, ...rest] = path.split('/').slice(2).map(decoded);
  if (!record || !isName(inst) || !isName(branch) || rest.length > 0) {
    const right = `/yjs/{record, or - for none}/{inst}/{branch}, names percent-encoded, of 1 to ${longestName} characters`;
    throw new Failure('unacceptable_request', `The path must be ${right}.`);
  }
  const isPublic = path.startsWith('/yjs/-/');
  return { recordName: isPublic ? null : (parseRecordKey(record)?.recordName ?? record), inst, branch };
}

const isName = (name: string | undefined): name is string =>
  name !== undefined && name !== '' && name.length <= longestName;

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
