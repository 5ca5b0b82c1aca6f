import type { Assertion, PatternNode } from './pattern-syntax.ts';
import { readPattern, UnsupportedPattern } from './pattern-syntax.ts';

/**
 * A regular expression of somebody else's. JavaScript's own engine backtracks, and can be kept busy for ages by a short
 * pattern and a short text; this one goes through a text once, with all that may match at the same time, so its time is
 * bounded by the length of the text times that of the pattern. The price: no lookaround, no back references.
 */
export interface Pattern {
  /** Whether it matches anywhere in the text. Texts that are too long for a large pattern (of 10,000 at 1,000) do not. */
  test(text: string): boolean;
  /** A repetition of varying length is repeated itself, as in `(a+)+`. */
  readonly isNested: boolean;
}

/** Counted repetitions are written out, and must not become more than this. */
const maxStates = 1_000;

/** States times code units: what would take longer than some tenths of a second does not match. */
const maxWork = 10_000_000;

/**
 * @param maxLength in UTF-16 code units
 * @returns the pattern, or a clause that says what is wrong with it
 */
export function compilePattern(source: string, maxLength: number): Pattern | string {
  if (source.length > maxLength) return `must not be longer than ${maxLength} characters`;
  if (!isRegularExpression(source)) return 'must be a regular expression';
  try {
    const node = readPattern(source);
    const program = new Program();
    const start = program.build(node, program.add({ isEnd: true }));
    const { size } = program;
    return {
      test: (text) => text.length * size <= maxWork && isFound(start, size, text),
      isNested: isNested(node, false),
    };
  } catch (problem) {
    if (problem instanceof UnsupportedPattern) return problem.message;
    throw problem;
  }
}

/** Whether JavaScript knows how to read it, though {@link compilePattern} may not. */
export function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source);
    return true;
  } catch {
    return false;
  }
}

/** How far a match has come. */
interface State {
  readonly id: number;
  readonly isEnd: boolean;
  /** Consumes a code unit. */
  readonly accepts: ((unit: number) => boolean) | undefined;
  readonly holds: Assertion | undefined;
  /** Goes on in all of these. */
  readonly next: State[];
}

class Program {
  size = 0;

  add(state: Partial<State>): State {
    if (this.size >= maxStates) throw new UnsupportedPattern('must not repeat that much');
    const { isEnd = false, accepts, holds, next = [] } = state;
    return { id: this.size++, isEnd, accepts, holds, next }; // all of one shape: they are looked at often
  }

  /** The state that matches the node and then goes on. */
  build(node: PatternNode, then: State): State {
    switch (node.kind) {
      case 'unit':
        return this.add({ accepts: node.accepts, next: [then] });
      case 'assert':
        return this.add({ holds: node.what, next: [then] });
      case 'all':
        return node.parts.reduceRight((after, part) => this.build(part, after), then);
      case 'any':
        return this.add({ next: node.parts.map((part) => this.build(part, then)) });
      case 'repeat':
        return this.#repeat(node, then);
    }
  }

  #repeat({ part, least, most }: PatternNode & { kind: 'repeat' }, then: State): State {
    let after = then;
    if (most === Infinity) {
      after = this.add({});
      after.next.push(this.build(part, after), then);
    } else {
      for (let times = least; times < most; times++) after = this.add({ next: [this.build(part, after), then] });
    }
    for (let times = 0; times < least; times++) after = this.add({ next: [this.build(part, after)] });
    return after;
  }
}

function isFound(start: State, size: number, text: string): boolean {
  const reachedAt = new Int32Array(size).fill(-1);
  const open: State[] = [];
  const consuming: State[] = [];
  for (let at = 0; at <= text.length; at++) {
    open.push(start);
    for (let state = open.pop(); state; state = open.pop()) {
      if (state.isEnd) return true;
      if (reachedAt[state.id] === at) continue;
      reachedAt[state.id] = at;
      if (state.accepts) consuming.push(state);
      else if (!state.holds || assertions[state.holds](text, at)) for (const next of state.next) open.push(next);
    }
    const unit = text.charCodeAt(at);
    for (const { accepts, next } of consuming) if (accepts?.(unit)) for (const then of next) open.push(then);
    consuming.length = 0;
  }
  return false;
}

const assertions: Readonly<Record<Assertion, (text: string, at: number) => boolean>> = {
  start: (_, at) => at === 0,
  end: (text, at) => at === text.length,
  wordEdge: isWordEdge,
  noWordEdge: (text, at) => !isWordEdge(text, at),
};

function isWordEdge(text: string, at: number): boolean {
  return /\w/.test(text.charAt(at - 1)) !== /\w/.test(text.charAt(at));
}

function isNested(node: PatternNode, isRepeated: boolean): boolean {
  if (node.kind === 'repeat')
    return (isRepeated && node.most > node.least) || isNested(node.part, isRepeated || node.most > 1);
  return 'parts' in node && node.parts.some((part) => isNested(part, isRepeated));
}
