import type * as z from 'zod/mini';
import type { Role } from './caller.ts';
import type { Callee } from './env.ts';
import type { Code } from './errors.ts';
import { lazily } from './lazily.ts';

/**
 * What travels, as data. A capability lists its operations and pushes in `contract.ts`; `protocol.ts` lists the
 * contracts. Routes, validation, permission, documents, the typed client and the suites that every operation must pass
 * are derived from here. Payloads stand exactly as clients see them; a codec turns foreign units into ours.
 */
export interface Operation<
  In extends z.core.$ZodType = z.core.$ZodType,
  Out extends z.core.$ZodType = z.core.$ZodType,
> {
  /** One sentence in the reader's words; heads the generated documents. */
  readonly summary: string;
  readonly input: In;
  readonly output: Out;
  readonly access: Access;
  /** What it may answer beside success, on top of {@link commonErrors}. */
  readonly errors: readonly Code[];
  /** What failures with these codes also carry as `errorReason`, where clients look at it. */
  readonly errorReasons?: Readonly<Partial<Record<Code, string>>>;
  /** A request over HTTP. Path variables in braces; they, the query (GET) or the JSON body are the input. */
  readonly http?: HttpBinding;
  /** A CasualOS procedure: callable by name, with its origin class. */
  readonly procedure?: ProcedureBinding;
  /** A frame over a socket. */
  readonly socket?: SocketBinding;
  /** The function it lives in, by dependency weight and permission; default `http`, the light one. */
  readonly runsIn?: Callee;
}

export interface HttpBinding {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: `/${string}`;
  /** Other paths that lead here, without variables. */
  readonly also?: readonly `/${string}`[];
  /** The input stands in the query, though this is no GET. */
  readonly inQuery?: true;
  /** Fields of the query that may be there more than once: lists of texts, as the query itself spells them. */
  readonly lists?: readonly string[];
  /** Fields that headers carry, each with the header's name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Name in the query under which clients show a credential that can send no header. */
  readonly credentialInQuery?: string;
  /** Of success; default 200. */
  readonly status?: 200 | 201;
  /** The operation gets the request as it came, in `caller.request`; its input comes from the path alone. */
  readonly raw?: true;
  /** What a body may have; default and most: what the function takes. */
  readonly maxBodyBytes?: number;
}

export interface ProcedureBinding {
  readonly name: string;
  /** Whose pages may call: sign-in pages, record pages, either of them, or anybody's. */
  readonly origins: 'account' | 'api' | 'self' | true;
}

export interface SocketBinding {
  readonly dialect: 'openlivesync' | 'casualos' | 'noex' | 'mindcache' | 'yjs' | 'nodes';
  /** The frame's type. */
  readonly type: string;
  /** The frame that answers it, one of the contract's pushes or the output itself, where there is one. */
  readonly reply?: string;
  /**
   * The input's field that may hold a credential. It is only looked at while the connection is anonymous; what does not
   * hold is taken for none.
   */
  readonly credentialIn?: string;
  /** The function it lives in, by the weight of what it needs; default: that of the sockets. */
  readonly runsIn?: 'store';
  /** Takes the lane: frames of these types take effect in the order sent. */
  readonly ordered?: true;
}

/** Who may call. Checked once, at the door, for HTTP, sockets and every dialect alike. */
export interface Access {
  /**
   * `anyone`; `ownProof`: whoever the request itself proves to be, by a signature or a token that is no credential of users:
   * the operation sees to that; `user`: signed in; `login`: a socket that has logged in, anonymously or not; an area: anyone while the setting
   * `ANONYMOUS` lists it, else signed in.
   */
  readonly caller: 'anyone' | 'ownProof' | 'user' | 'login' | { readonly anonymousIn: 'rooms' | 'nodes' | 'insts' };
  /** What an API key must be good for; `none`: no API key will do, only a session or JWT. */
  readonly scope: 'read' | 'write' | 'admin' | 'none';
  /**
   * Takes any API key, those of one project or instance included: the capability sees to what a key reaches and is good for,
   * by opening what it works on at a level. Nothing else takes such keys.
   */
  readonly within?: 'instances';
  /** The input's field that names a user: only that user may, or one of these roles. Absent in the input: oneself. */
  readonly own?: { readonly field: string; readonly roles: readonly Role[]; readonly refusal: Code };
}

/** A frame the server sends on its own. */
export interface Push {
  readonly summary: string;
  readonly dialect: SocketBinding['dialect'];
  readonly type: string;
  readonly payload: z.core.$ZodType;
}

export interface Contract {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly pushes: Readonly<Record<string, Push>>;
}

/** Whether the query carries an operation's input, and no body does. */
export function isInQuery({ http }: Operation): boolean {
  return http?.method === 'GET' || http?.inQuery === true;
}

/** Every operation may answer these. */
export const commonErrors = [
  'unacceptable_request',
  'rate_limit_exceeded',
  'server_error',
  'service_unavailable',
] as const satisfies readonly Code[];

const wholeSentences = new Set<string>();

/**
 * What a schema says of a value that it refuses, when clients expect just these words: they are the whole refusal. Other
 * messages are told along with the field that they are about.
 */
export function wholeSentence(words: string): string {
  wholeSentences.add(words);
  return words;
}

export function isWholeSentence(words: string): boolean {
  return wholeSentences.has(words);
}

/** Whether a schema says nothing of what travels: `z.unknown()` for an input, `z.void()` for an answer. */
export function saysNothing({ _zod }: z.core.$ZodType): boolean {
  return _zod.def.type === 'unknown' || _zod.def.type === 'void';
}

/** Whether an operation's path says all that it takes, so that a body would add nothing. */
export function isSaidByPath({ http, input }: Operation): boolean {
  const { def } = (input as z.core.$ZodTypes)._zod; // every schema is one of these
  if (def.type !== 'object' || !http?.path.includes('{')) return false;
  return Object.keys(def.shape).every((field) => http.path.includes(`{${field}}`));
}

/**
 * An operation whose schemas are made when they are first asked for: whoever starts a function waits for none of them, and
 * a frame or request for its own alone. So what schemas share is a function too. Keeps their exact types.
 */
export function operation<
  In extends z.core.$ZodType,
  Out extends z.core.$ZodType,
  const Rest extends Omit<Operation, 'input' | 'output'>,
>(
  spec: Rest & { readonly input: () => In; readonly output: () => Out },
): Omit<Rest, 'input' | 'output'> & { readonly input: In; readonly output: Out } {
  const input = lazily(spec.input);
  const output = lazily(spec.output);
  return {
    ...spec,
    get input() {
      return input();
    },
    get output() {
      return output();
    },
  };
}

/** A push, whose schema is made when it is first asked for as well. */
export function push<Payload extends z.core.$ZodType, const Rest extends Omit<Push, 'payload'>>(
  spec: Rest & { readonly payload: () => Payload },
): Omit<Rest, 'payload'> & { readonly payload: Payload } {
  const payload = lazily(spec.payload);
  return {
    ...spec,
    get payload() {
      return payload();
    },
  };
}
