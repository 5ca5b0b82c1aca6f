import { Failure } from './errors.ts';
import { ex } from './expression.ts';
import { keys } from './keys.ts';
import type { UserId } from './names.ts';
import type { Transacted, TransactWrite } from './table.ts';

/** How many of these a user may have. */
const most = { projects: 1_000, groups: 100, apiKeys: 100 } as const;
type Owned = keyof typeof most;

const words: Readonly<Record<Owned, string>> = { projects: 'projects', groups: 'groups', apiKeys: 'API keys' };

/** Belongs into the transaction that makes one more: however many are made at once, there are never too many. */
export function oneMore(user: UserId, what: Owned): TransactWrite {
  return {
    update: keys.owned(user, what),
    change: ex`ADD owned ${1}`,
    when: ex`attribute_not_exists(owned) OR owned < ${most[what]}`,
  };
}

/** Belongs into the transaction that takes one away. */
export function oneLess(user: UserId, what: Owned): TransactWrite {
  return { update: keys.owned(user, what), change: ex`ADD owned ${-1}` };
}

/** @param at where `oneMore` stands in the transaction @throws Failure `limit_exceeded` where that was what it lost by */
export function refuseOneMore(done: Transacted, at: number, what: Owned): void {
  if (done.ok || !done.lost[at]) return;
  throw new Failure('limit_exceeded', `You have ${most[what]} ${words[what]}, and there may not be more.`);
}
