import { audit } from '../audit/audit.ts';
import { branches } from '../branches/branches.ts';
import type { Bound } from '../core/implement.ts';
import { definitions } from '../definitions/definitions.ts';
import { introspection } from '../introspection/introspection.ts';
import { procedures } from '../procedures/procedures.ts';
import { queries } from '../queries/queries.ts';
import { rooms } from '../rooms/rooms.ts';
import { rules } from '../rules/rules.ts';
import { socketAuth } from '../socket-auth/socket-auth.ts';
import { socketHttp } from '../socket-http/socket-http.ts';
import { socketLogin } from '../socket-login/socket-login.ts';
import { store } from '../store/operations.ts';
import { yjs } from '../yjs/yjs.ts';

/** Every capability that is called over sockets. */
const capabilities: readonly (readonly Bound[])[] = [
  rooms,
  branches,
  socketAuth,
  socketHttp,
  socketLogin,
  store,
  definitions,
  procedures,
  queries,
  rules,
  introspection,
  audit,
  yjs,
];

/** Finds the operation that a frame's type names in a dialect. */
export function findOperation(dialect: string, type: string): Bound | undefined {
  return operations.get(`${dialect} ${type}`);
}

const operations = new Map<string, Bound>(
  capabilities.flat().flatMap((bound) => {
    const { socket } = bound.operation;
    return socket ? [[`${socket.dialect} ${socket.type}`, bound] as const] : [];
  }),
);
