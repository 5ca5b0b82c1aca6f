import type { SocketCaller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { Request } from '../socket-auth/admission.ts';
import { admit } from '../socket-auth/admission.ts';
import { callerOf } from '../yjs/caller.ts';

/** Dialects with their own authentication, which runs before the request is examined; each with its function. */
const admissions: Readonly<Record<string, (ports: Ports, request: Request) => Promise<SocketCaller>>> = {
  noex: admit,
  yjs: callerOf,
};

export const admissionOf = (dialect: string) => admissions[dialect];
