import { Failure } from './errors.ts';
import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { UserId } from './names.ts';
import type { Transacted, TransactWrite } from './table.ts';

/** The most of each kind that a user may have. */
const most = { projects: 1_000, groups: 100, apiKeys: 100 } as const;
type Owned = keyof typeof most;

const words: Readonly<Record<Owned, string>> = { projects: 'projects', groups: 'groups', apiKeys: 'API keys' };

/** Belongs into the transaction that creates one more, so that concurrent requests never exceed the limit. */
export function oneMore(user: UserId, what: Owned): TransactWrite {
  return {
    update: keys.owned(user, what),
    change: ex`ADD owned ${1}`,
    when: ex`attribute_not_exists(owned) OR owned < ${most[what]}`,
  };
}

/** Belongs into the transaction that deletes one. */
export function oneLess(user: UserId, what: Owned): TransactWrite {
  return { update: keys.owned(user, what), change: ex`ADD owned ${-1}` };
}

/** @param at index of `oneMore` in the transaction @throws Failure `limit_exceeded` if its condition failed */
export function refuseOneMore(done: Transacted, at: number, what: Owned): void {
  if (done.ok || !done.lost[at]) return;
  throw new Failure('limit_exceeded', `You have ${most[what]} ${words[what]}, and there may not be more.`);
}
