import type { SocketCaller } from '../core/caller.ts';
import type { Ports } from '../core/ports.ts';
import type { Request } from '../socket-auth/admission.ts';
import { admit } from '../socket-auth/admission.ts';
import { callerOf } from '../yjs/caller.ts';

/** Dialects that ask who calls in a way of their own, before they look at what is asked; each with who asks. */
const admissions: Readonly<Record<string, (ports: Ports, request: Request) => Promise<SocketCaller>>> = {
  noex: admit,
  yjs: callerOf,
};

export const admissionOf = (dialect: string) => admissions[dialect];
