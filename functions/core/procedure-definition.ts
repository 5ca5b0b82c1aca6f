import type { AggregateFunction } from './bucket-definition.ts';

export type InputType = 'string' | 'number' | 'boolean' | 'object' | 'array';

export interface InputField {
  readonly type: InputType;
  /** @default true, unless there is a default */
  readonly required?: boolean;
  readonly default?: unknown;
}

/** A list of steps that runs on the server, with the rights of its caller. */
export interface ProcedureDefinition {
  readonly name: string;
  readonly description?: string;
  readonly input?: Readonly<Record<string, InputField>>;
  readonly steps: readonly Step[];
  /** All of its writes take effect, or none. */
  readonly transaction?: boolean;
  readonly timeoutMs?: number;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Values may contain references: `{{ input.x }}`, `{{ name.path }}`. A reference may also replace a whole object or
 * key.
 */
export type Step =
  | { readonly action: 'store.get'; readonly bucket: string; readonly key: unknown; readonly as: string }
  | {
      readonly action: 'store.where' | 'store.findOne';
      readonly bucket: string;
      readonly filter: Values | string;
      readonly as: string;
    }
  | { readonly action: 'store.insert'; readonly bucket: string; readonly data: Values | string; readonly as?: string }
  | {
      readonly action: 'store.update';
      readonly bucket: string;
      readonly key: unknown;
      readonly data: Values | string;
      readonly as?: string;
    }
  | { readonly action: 'store.delete'; readonly bucket: string; readonly key: unknown; readonly as?: string }
  | { readonly action: 'store.count'; readonly bucket: string; readonly filter?: Values | string; readonly as: string }
  | AggregateStep
  | { readonly action: 'rules.emit'; readonly topic: string; readonly data?: Values | string; readonly as?: string }
  | { readonly action: 'rules.setFact'; readonly key: string; readonly value: unknown; readonly as?: string }
  | { readonly action: 'rules.getFact'; readonly key: string; readonly as: string }
  | {
      readonly action: 'if';
      readonly condition: StepCondition;
      readonly then: readonly Step[];
      readonly else?: readonly Step[];
    }
  | TransformStep
  | { readonly action: 'return'; readonly value: unknown };

export interface AggregateStep {
  readonly action: 'aggregate';
  /** The name of an earlier result. */
  readonly source: string;
  readonly field?: string;
  readonly op: AggregateFunction;
  readonly as: string;
}

export interface TransformStep {
  readonly action: 'transform';
  /** The name of an earlier result. */
  readonly source: string;
  readonly operation: 'map' | 'filter' | 'pick' | 'pluck';
  /** `map`: fields to set; `filter`: a filter; `pick`: field names; `pluck`: a field name. */
  readonly args: unknown;
  readonly as: string;
}

export type StepOperator = 'eq' | 'neq' | 'gt' | 'gte' | 'lt' | 'lte' | 'exists' | 'not_exists';

export interface StepCondition {
  /** A path as in references, without braces. */
  readonly ref: string;
  readonly operator: StepOperator;
  readonly value?: unknown;
}
