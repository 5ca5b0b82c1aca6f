import { createHash } from 'node:crypto';
import type { AppQuery, QueryParams } from '../core/app-query.ts';
import type { Identity } from '../core/caller.ts';
import { canonical } from '../core/canonical.ts';
import { channelNamed } from '../core/channel-names.ts';
import type { ChannelName } from '../core/names.ts';
import { validated } from '../core/pipeline.ts';
import type { Ports } from '../core/ports.ts';
import { sessionOf } from '../socket-auth/session.ts';
import { isDeclarative } from '../store/check-app.ts';
import type { NamedQuery } from '../store/named-query.ts';

/** What is asked: all who ask the same share one evaluation. */
export interface Asked {
  readonly query: string;
  /** What the query was, where it was defined at run time; null for those in code. One defined anew is another query. */
  readonly definition: string | null;
  /** JSON as the client sent it; null is none. */
  readonly params: unknown;
  /** Who asks, where the result depends on it. */
  readonly session: Asking | null;
}

export interface Asking {
  readonly userId: string | null;
  readonly roles: readonly string[];
}

/** @throws Failure `unacceptable_request` for parameters that do not fit the query */
export function askedOf(
  ports: Ports,
  named: NamedQuery,
  params: unknown = null,
  identity: Identity | undefined = undefined,
): Asked {
  paramsFor(named.query, params);
  const isOwn = isCodedWithScope(named.query);
  return {
    query: named.name,
    definition: definitionIn(named),
    params,
    session: isOwn ? askingOf(ports, identity) : null,
  };
}

export function askingOf(ports: Ports, identity: Identity | undefined): Asking {
  const { userId, roles } = sessionOf(ports, identity) ?? { userId: null, roles: [] };
  return { userId, roles: [...roles].sort() };
}

/** The definition by which a query that was defined at run time is told from a later one of that name. */
export function definitionIn({ query, isCoded }: NamedQuery): string | null {
  return isCoded ? null : canonical(query);
}

/** What a query in code is given; none are none at all. */
export function paramsFor(query: AppQuery, params: unknown): QueryParams {
  const given = params ?? {};
  const checked =
    typeof query !== 'function' && 'run' in query && query.params ? validated(query.params, given) : given;
  // Unchecked unless the query declares what it expects: then it is told whatever came.
  return checked as QueryParams;
}

/** Equal for those who ask the same; 32 characters, since rows of connections list it. */
export function instanceOf({ query, definition, params, session }: Asked): string {
  const hash = createHash('sha256')
    .update(canonical([query, definition, params, session]))
    .digest();
  return hash.subarray(0, 24).toString('base64url');
}

export const queryKind = 'query';
/** Who has asked it listens to this channel. */
export const channelOf = (instance: string): ChannelName => channelNamed(queryKind, instance);

function isCodedWithScope(query: AppQuery): boolean {
  return typeof query !== 'function' && !isDeclarative(query) && query.scope === 'user';
}
