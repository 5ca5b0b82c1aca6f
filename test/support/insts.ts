import { identify } from '../../functions/auth/credentials.ts';
import { branded } from '../../functions/core/branded.ts';
import { Failure } from '../../functions/core/errors.ts';
import type { ConnectionId } from '../../functions/core/names.ts';
import type { Ports } from '../../functions/core/ports.ts';
import type { InstCaller, OpenInst, Wish } from '../../functions/insts/open-inst.ts';
import { openInst } from '../../functions/insts/open-inst.ts';
import type { SignedIn } from './world.ts';

export interface Asking {
  readonly as?: SignedIn | undefined;
  /** A socket's id; without it the request comes over HTTP. */
  readonly socket?: string;
  /** The scope of a connection token. */
  readonly scope?: { readonly recordName: string | null; readonly inst: string };
}

export async function callerOf(ports: Ports, { as, socket, scope }: Asking): Promise<InstCaller> {
  const identity = as && (await identify(ports, as.sessionKey));
  const caller = { identity, ip: '203.0.113.9' };
  if (socket === undefined) return caller;
  return { ...caller, connection: { id: branded<ConnectionId>(socket), ...(scope ? { login: { scope } } : {}) } };
}

/** Opens an inst like a branch of it. */
export async function open(
  ports: Ports,
  asking: Asking,
  recordName: string | null,
  inst: string,
  wish: Wish = { actions: ['read'] },
): Promise<OpenInst | undefined> {
  return openInst(ports, await callerOf(ports, asking), { recordName, inst }, wish);
}

/** A wish that makes the inst if it is missing. */
export const making = (...markers: string[]): Wish => ({
  actions: ['read'],
  create: markers.length === 0 ? {} : { markers },
});

/** How an attempt was refused: the code, and its reason if there is one. */
export async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return 'allowed';
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    const { reason } = thrown.details as { reason?: { type: string } };
    return reason ? `${thrown.code}: ${reason.type}` : thrown.code;
  }
}

/** The same ports in a process that is killed before its n-th call of the table (0: before the first). */
export function dyingAfter(ports: Ports, calls: number): Ports {
  let left = calls;
  const table = new Proxy(ports.table, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (--left < 0) throw new Error('killed');
        return value.apply(target, args);
      };
    },
  });
  return Object.create(ports, { table: { value: table } });
}
