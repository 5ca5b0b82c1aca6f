import { en } from 'zod/locales';
import * as z from 'zod/mini';
import { permit } from './access.ts';
import type { Caller } from './caller.ts';
import { isWholeSentence, type Operation } from './contract.ts';
import { Failure, isPassingTrouble } from './errors.ts';
import type { Bound } from './implement.ts';
import type { Ports } from './ports.ts';

/**
 * The only way from a decoded request to its effect, for both gateways and every dialect: validate the input, identify
 * the caller, check access, run the operation. (Rate limits come earlier, because they also count requests that cannot
 * be decoded.) Input is validated once, here; later code trusts its types. `caller` is called only after validation,
 * because CasualOS clients expect this order of errors.
 * @throws Failure that the contract declares; anything else is a bug
 */
export async function serve(
  bound: Bound,
  ports: Ports,
  caller: (input: unknown) => Caller | Promise<Caller>,
  raw: unknown,
): Promise<unknown> {
  const input = validated(bound.operation.input, raw);
  const who = await caller(input);
  try {
    permit(bound.operation.access, who, input, ports.settings);
    return await bound.run(ports, who, input);
  } catch (thrown) {
    throw withReason(thrown, bound.operation.errorReasons);
  }
}

/** Parses a value with a schema. @throws Failure `unacceptable_request` that says what is wrong */
export function validated(schema: z.core.$ZodType, raw: unknown): unknown {
  const parsed = z.safeParse(schema, raw, { error: inEnglish });
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  throw new Failure('unacceptable_request', sentence(issues), { issues });
}

/** Adds the `errorReason` that the contract declares for this failure, if any. */
function withReason(thrown: unknown, reasons: Operation['errorReasons']): unknown {
  const errorReason = thrown instanceof Failure ? reasons?.[thrown.code] : undefined;
  if (!(thrown instanceof Failure) || errorReason === undefined) return thrown;
  return new Failure(thrown.code, thrown.message, { ...thrown.details, errorReason });
}

/** English error messages for schemas, because `zod/mini` has none. */
const inEnglish = en().localeError;

/** "The request was invalid: roomId: Too small: expected string to have >=1 characters" */
function sentence(issues: readonly { readonly path: PropertyKey[]; readonly message: string }[]): string {
  const first = issues[0];
  if (!first) return 'The request was invalid.';
  if (isWholeSentence(first.message)) return first.message;
  const where = first.path.map(String).join('.');
  return `The request was invalid: ${where ? `${where}: ` : ''}${first.message}`;
}

/**
 * Turns a thrown value into the client's answer: failures as they are, anything else as `server_error`, which only the
 * log explains.
 */
export function failureOf(thrown: unknown, ports: Pick<Ports, 'log'>, where: string, requestId?: string): Failure {
  if (thrown instanceof Failure) return thrown;
  if (isPassingTrouble(thrown)) {
    ports.log.error('unavailable', thrown, { where, requestId });
    return new Failure('service_unavailable', 'The service is busy. Try again shortly.');
  }
  ports.log.error('unexpected failure', thrown, { where, requestId });
  return new Failure('server_error', 'A server error occurred.');
}
