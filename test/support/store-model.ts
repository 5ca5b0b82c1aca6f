import type { Model } from './history.ts';

/** A record as the model knows it. */
export interface Held {
  readonly v: string;
  /** Only one record of its bucket may have it. */
  readonly tag: string | null;
  readonly version: number;
}

/** By bucket and key, `bucket/key`. Always in the same order, so that equal states have equal texts. */
export type Records = Readonly<Record<string, Held>>;

export type Asked =
  | { readonly op: 'get'; readonly at: string }
  | { readonly op: 'insert'; readonly at: string; readonly v: string; readonly tag: string | null }
  | {
      readonly op: 'update';
      readonly at: string;
      readonly v: string;
      readonly tag?: string | null;
      readonly expectedVersion?: number;
    }
  | { readonly op: 'delete'; readonly at: string; readonly expectedVersion?: number }
  | { readonly op: 'transaction'; readonly steps: readonly Exclude<Asked, { readonly op: 'transaction' }>[] };

/** A record, null, the answer to a deletion, or a list of these; or the code of a refusal. */
export type Answer = unknown;

type Step = Exclude<Asked, { readonly op: 'transaction' }>;

/** What the store promises: records with versions, unique values, transactions. */
export const storeModel: Model<Records, Asked, Answer> = {
  initial: {},
  apply(state, asked) {
    if (asked.op !== 'transaction') return step(state, asked, Object.keys(state));
    const named = asked.steps.map(({ at }) => at);
    let now = state;
    const answers: Answer[] = [];
    for (const one of asked.steps) {
      const { state: then, answer } = step(now, one, named);
      if (typeof answer === 'string') return { state, answer };
      now = then;
      answers.push(answer);
    }
    // A transaction learns of records that it does not name only at its end.
    const isTwice = Object.keys(now).some((at) => isTaken(now, at, now[at]?.tag, Object.keys(now)));
    return isTwice ? { state, answer: 'ALREADY_EXISTS' } : { state: now, answer: answers };
  },
};

/** @param among records whose unique values are checked */
function step(state: Records, asked: Step, among: readonly string[]): { state: Records; answer: Answer } {
  const { at } = asked;
  const held = state[at];
  const refuse = (answer: string) => ({ state, answer });
  if (asked.op === 'get') return { state, answer: shown(at, held) };
  if (asked.op === 'insert') {
    const { v, tag } = asked;
    if (held || isTaken(state, at, tag, among)) return refuse('ALREADY_EXISTS');
    return put(state, at, { v, tag, version: 1 });
  }
  const { expectedVersion } = asked;
  const actual = held?.version ?? null;
  if (expectedVersion !== undefined && actual !== expectedVersion) return refuse(`CONFLICT ${actual}`);
  if (asked.op === 'delete') {
    const { [at]: _, ...rest } = state;
    return { state: rest, answer: { deleted: true } };
  }
  if (!held) return refuse('NOT_FOUND');
  const { v, tag = held.tag } = asked;
  if (isTaken(state, at, tag, among)) return refuse('ALREADY_EXISTS');
  return put(state, at, { v, tag, version: held.version + 1 });
}

function put(state: Records, at: string, held: Held): { state: Records; answer: Answer } {
  const all = Object.entries({ ...state, [at]: held }).sort(([a], [b]) => (a < b ? -1 : 1));
  return { state: Object.fromEntries(all), answer: shown(at, held) };
}

function isTaken(state: Records, at: string, tag: string | null | undefined, among: readonly string[]): boolean {
  if (tag === null || tag === undefined) return false;
  const [bucket] = at.split('/');
  return among.some((other) => other !== at && other.startsWith(`${bucket}/`) && state[other]?.tag === tag);
}

/** As a client sees it, without times. */
export function shown(at: string, held: Held | undefined): Answer {
  return held ? { id: at.split('/')[1], v: held.v, tag: held.tag, version: held.version } : null;
}
