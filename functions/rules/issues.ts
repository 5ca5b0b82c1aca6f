import { isObject } from '../core/json.ts';
import { own } from '../core/own.ts';
import type { Fields } from './event.ts';
import { hasKnownSources, isReference, referencesIn } from './references.ts';

/** An error in a rule with its place: `trigger.type`, `conditions[0].operator`, `actions[1].data`. */
export interface RuleIssue {
  readonly path: string;
  readonly message: string;
  /** A warning does not keep a rule from being registered. */
  readonly severity: 'error' | 'warning';
}

/** Longer texts are not meant as keys, topics, names or references. */
const maxTextLength = 2_000;

/** Collects errors while a rule is checked from top to bottom. */
export class Issues {
  readonly all: RuleIssue[] = [];

  error(path: string, message: string): void {
    this.all.push({ path, message, severity: 'error' });
  }

  warning(path: string, message: string): void {
    this.all.push({ path, message, severity: 'warning' });
  }

  /** The value itself when it is an object. */
  object(value: unknown, path: string): Fields | undefined {
    if (isObject(value)) return value;
    this.error(path, value === undefined ? 'Required field is missing' : 'Must be an object');
    return undefined;
  }

  array(value: unknown, path: string): readonly unknown[] | undefined {
    if (Array.isArray(value)) return value;
    this.error(path, value === undefined ? 'Required field is missing' : 'Must be an array');
    return undefined;
  }

  /** A string that is not blank. */
  text(fields: Fields, name: string, path: string): string | undefined {
    const value = own(fields, name);
    const at = path === '' ? name : `${path}.${name}`;
    if (value === undefined) this.error(at, `Required field "${name}" is missing`);
    else if (typeof value !== 'string') this.error(at, `Field "${name}" must be a string`);
    else if (value.trim() === '') this.error(at, `Field "${name}" cannot be empty`);
    else return value;
    return undefined;
  }

  /** One of the texts that a table has as its keys. */
  oneOf<T extends string>(fields: Fields, name: string, path: string, choices: readonly T[]): T | undefined {
    const value = this.text(fields, name, path);
    const chosen = choices.find((choice) => choice === value);
    if (value !== undefined && chosen === undefined) {
      this.error(
        path === '' ? name : `${path}.${name}`,
        `There is no ${name} "${value}". Valid: ${choices.join(', ')}`,
      );
    }
    return chosen;
  }

  /** A string in which `${source.path}` stands for values. */
  template(fields: Fields, name: string, path: string): void {
    const text = this.text(fields, name, path);
    if (text === undefined) return;
    if (text.length > maxTextLength)
      this.error(`${path}.${name}`, `Must not be longer than ${maxTextLength} characters`);
    else for (const ref of referencesIn(text)) this.reference(ref, `${path}.${name}`);
  }

  /** A value that may be `{ref}`. */
  value(value: unknown, path: string): void {
    if (value === undefined) this.error(path, 'Required field is missing');
    else if (isReference(value)) this.reference(value.ref, path);
  }

  /** An object whose fields may be `{ref}`. */
  values(value: unknown, path: string): void {
    const fields = this.object(value, path);
    for (const [name, field] of Object.entries(fields ?? {})) this.value(field, `${path}.${name}`);
  }

  reference(ref: string, path: string): void {
    if (ref.length > maxTextLength) this.error(path, `Must not be longer than ${maxTextLength} characters`);
    else if (!hasKnownSources(ref)) {
      this.error(path, `Unknown source of reference "${ref}". Valid: event, trigger, fact, var, matched`);
    }
  }
}
