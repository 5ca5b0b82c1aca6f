import type { Assertion, PatternNode } from './pattern-syntax.ts';
import { readPattern, UnsupportedPattern } from './pattern-syntax.ts';

/**
 * A regular expression from a client. JavaScript's own engine backtracks, so that a short pattern and a short text can
 * keep it busy for hours. This one goes through a text once and follows all possible matches in parallel, so its time
 * is bounded by the length of the text times that of the pattern. The price: no lookaround, no back references.
 */
export interface Pattern {
  /**
   * Whether it matches anywhere in the text. A text that is too long for a large pattern (more than 10,000 units at
   * 1,000 states) does not match.
   */
  test(text: string): boolean;
  /** Whether a repetition of varying length is itself repeated, as in `(a+)+`. */
  readonly isNested: boolean;
}

/** The most states of a pattern, in which counted repetitions are written out. */
const maxStates = 1_000;

/** States times code units. Larger work, which would take longer than some tenths of a second, counts as no match. */
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

/** Whether JavaScript accepts the expression, even if {@link compilePattern} does not. */
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
  /** The states that follow. */
  readonly next: State[];
}

class Program {
  size = 0;

  add(state: Partial<State>): State {
    if (this.size >= maxStates) throw new UnsupportedPattern('must not repeat that much');
    const { isEnd = false, accepts, holds, next = [] } = state;
    return { id: this.size++, isEnd, accepts, holds, next }; // one shape for all: matching reads them often
  }

  /** Builds the state that matches the node and then continues with `then`. */
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
