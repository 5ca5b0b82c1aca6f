import type * as z from 'zod/mini';
import type { Role } from './caller.ts';
import type { Callee } from './env.ts';
import type { Code } from './errors.ts';
import { lazily } from './lazily.ts';

/**
 * Contracts, as data. A capability lists its operations and pushes in `contract.ts`; `protocol.ts` lists the contracts.
 * Routes, validation, the permission check, the generated documents, the typed client and the suites that every
 * operation must pass are derived from them. Payloads are exactly as clients see them; a codec converts foreign units
 * into ours.
 */
export interface Operation<
  In extends z.core.$ZodType = z.core.$ZodType,
  Out extends z.core.$ZodType = z.core.$ZodType,
> {
  /** One sentence in plain words: the operation's title in the generated documents. */
  readonly summary: string;
  readonly input: In;
  readonly output: Out;
  readonly access: Access;
  /** Errors that it may answer, in addition to {@link commonErrors}. */
  readonly errors: readonly Code[];
  /** `errorReason` of failures with these codes, for clients that read it. */
  readonly errorReasons?: Readonly<Partial<Record<Code, string>>>;
  /** A request over HTTP. Path variables are in braces; they and the query (GET) or the JSON body are the input. */
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
  /** Other paths of this operation, without variables. */
  readonly also?: readonly `/${string}`[];
  /** The query carries the input, although this is no GET. */
  readonly inQuery?: true;
  /** Fields that may be repeated in the query. Their input is a list of texts. */
  readonly lists?: readonly string[];
  /** Fields that headers carry, each with the header's name in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Name of the query parameter with the credential, for clients that cannot send headers. */
  readonly credentialInQuery?: string;
  /** Status of success; default 200. */
  readonly status?: 200 | 201;
  /** The operation gets the request as it came, in `caller.request`; its input comes from the path alone. */
  readonly raw?: true;
  /** Limit of the body; default and maximum: the function's own limit. */
  readonly maxBodyBytes?: number;
}

export interface ProcedureBinding {
  readonly name: string;
  /** Pages that may call it: sign-in pages, record pages, either of them, or all. */
  readonly origins: 'account' | 'api' | 'self' | true;
}

export interface SocketBinding {
  readonly dialect: 'openlivesync' | 'casualos' | 'noex' | 'mindcache' | 'yjs' | 'nodes';
  /** The frame's type. */
  readonly type: string;
  /** Type of the answer, if there is one: one of the contract's pushes, or the output itself. */
  readonly reply?: string;
  /**
   * The input's field that may hold a credential. The server reads it only while the connection is anonymous, and
   * treats an invalid credential as absent.
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
   * `anyone`. `ownProof`: the operation itself authenticates the request, by a signature or a token that is no user
   * credential. `user`: signed in. `login`: a socket that has logged in, anonymously or not. An area: anyone while the
   * setting `ANONYMOUS` lists it, otherwise signed in.
   */
  readonly caller: 'anyone' | 'ownProof' | 'user' | 'login' | { readonly anonymousIn: 'rooms' | 'nodes' | 'insts' };
  /** The permission that an API key needs; `none`: no API keys, only a session or JWT. */
  readonly scope: 'read' | 'write' | 'admin' | 'none';
  /**
   * Accepts any API key, including those limited to one project or instance. The capability checks the key's reach and
   * permission when it opens the project or instance. Other operations refuse such keys.
   */
  readonly within?: 'instances';
  /**
   * The input's field that names a user: only that user may call, or a caller with one of these roles. Default of the
   * field: the caller.
   */
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
 * Marks a schema's error message as the whole refusal, because clients expect exactly these words. Other messages are
 * sent together with the name of their field.
 */
export function wholeSentence(words: string): string {
  wholeSentences.add(words);
  return words;
}

export function isWholeSentence(words: string): boolean {
  return wholeSentences.has(words);
}

/** Whether a schema describes no payload: `z.unknown()` for an input, `z.void()` for an answer. */
export function saysNothing({ _zod }: z.core.$ZodType): boolean {
  return _zod.def.type === 'unknown' || _zod.def.type === 'void';
}

/** Whether the path carries the operation's whole input, so that it takes no body. */
export function isSaidByPath({ http, input }: Operation): boolean {
  const { def } = (input as z.core.$ZodTypes)._zod; // every schema is one of these
  if (def.type !== 'object' || !http?.path.includes('{')) return false;
  return Object.keys(def.shape).every((field) => http.path.includes(`{${field}}`));
}

/**
 * An operation whose schemas are built on first use. A cold start then builds none, and a request only its own. That is
 * why shared schemas are functions too. Keeps the exact types.
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

/** A push, whose schema is also built on first use. */
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
