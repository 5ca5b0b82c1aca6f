import { Failure } from '../core/errors.ts';
import { isObject } from '../core/json.ts';

/** Where a definition comes from: only code can hold functions. */
export type Origin = 'code' | 'runTime';

/** Reports errors in one part of a definition, with its name: `Bucket "tasks", field "code"`. */
export class Check {
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  inside(what: string): Check {
    return new Check(`${this.#what}, ${what}`);
  }

  /** @throws Failure `unacceptable_request` */
  fail(problem: string): never {
    throw new Failure('unacceptable_request', `${this.#what}: ${problem}.`);
  }

  /** Fails unless a part is absent or valid. */
  optional(name: string, value: unknown, isFine: (value: unknown) => boolean, wanted: string): void {
    if (value !== undefined && !isFine(value)) this.fail(`${name} must be ${wanted}`);
  }

  object(value: unknown, name: string): Readonly<Record<string, unknown>> {
    return isObject(value) ? value : this.fail(`${name} must be an object`);
  }
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export const maxNameLength = 200;
/** Longer names cannot exist, and may be too long for a table key. */
export const isTooLong = (name: string): boolean => name.length > maxNameLength;

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isPositive(value: unknown): value is number {
  return isCount(value) && value > 0;
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

export function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isName);
}
