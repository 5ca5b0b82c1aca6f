import { audit } from '../audit/audit.ts';
import { type Door, findAmong } from '../connections/door.ts';
import type { Bound } from '../core/implement.ts';
import { definitions } from '../definitions/definitions.ts';
import { introspection } from '../introspection/introspection.ts';
import { procedures } from '../procedures/procedures.ts';
import { refreshAffected } from '../queries/affected.ts';
import { queries } from '../queries/queries.ts';
import { rules } from '../rules/rules.ts';
import { socketAuth } from '../socket-auth/socket-auth.ts';
import { keysAhead } from '../store/keys-ahead.ts';
import { store } from '../store/operations.ts';

/** The store, its rules, and all that noex's clients ask beside them: in a function of their own, being heavy together. */
export const storeCapabilities: readonly (readonly Bound[])[] = [
  socketAuth,
  store,
  queries,
  definitions,
  procedures,
  rules,
  introspection,
  audit,
];

export const storeDoor: Door = { find: findAmong(storeCapabilities), ahead: keysAhead, follow: refreshAffected };
