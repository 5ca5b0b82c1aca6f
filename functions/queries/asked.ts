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

/** A query with its parameters. All subscribers of the same one share one evaluation. */
export interface Asked {
  readonly query: string;
  /**
   * The definition of a query that was defined at run time; null for queries in code. A redefined query is a different
   * one.
   */
  readonly definition: string | null;
  /** JSON as the client sent it; null means no parameters. */
  readonly params: unknown;
  /** The subscriber, if the result depends on it. */
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

/** The definition of a query from run time, which distinguishes it from a later one of the same name. */
export function definitionIn({ query, isCoded }: NamedQuery): string | null {
  return isCoded ? null : canonical(query);
}

/** The parameters for a query in code; an empty object if there are none. */
export function paramsFor(query: AppQuery, params: unknown): QueryParams {
  const given = params ?? {};
  const checked =
    typeof query !== 'function' && 'run' in query && query.params ? validated(query.params, given) : given;
  // Unchecked unless the query declares a schema.
  return checked as QueryParams;
}

/** Equal for equal queries; 32 characters, because rows of connections list it. */
export function instanceOf({ query, definition, params, session }: Asked): string {
  const hash = createHash('sha256')
    .update(canonical([query, definition, params, session]))
    .digest();
  return hash.subarray(0, 24).toString('base64url');
}

export const queryKind = 'query';
/** The channel of its subscribers. */
export const channelOf = (instance: string): ChannelName => channelNamed(queryKind, instance);

function isCodedWithScope(query: AppQuery): boolean {
  return typeof query !== 'function' && !isDeclarative(query) && query.scope === 'user';
}
