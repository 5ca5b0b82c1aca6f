/** One request of a history. Times count up with everything that happens. */
export interface Happened<Asked, Answer> {
  readonly start: number;
  readonly end: number;
  readonly asked: Asked;
  /** Undefined: whoever was asked died, and has either done it or not. */
  readonly answer: Answer | undefined;
}

/** What should happen to somebody who does one thing at a time. */
export interface Model<State, Asked, Answer> {
  readonly initial: State;
  apply(state: State, asked: Asked): { readonly state: State; readonly answer: Answer };
}

/**
 * Whether all that was answered could have been answered by somebody who does one thing at a time, each at some moment
 * between question and answer (Wing and Gong, with memory: a place in the history is looked at once in each state).
 * @param clients what each of them asked, one thing after the other
 */
export function isLinearizable<State, Asked, Answer>(
  { initial, apply }: Model<State, Asked, Answer>,
  clients: readonly (readonly Happened<Asked, Answer>[])[],
): boolean {
  const seen = new Set<string>();
  const waiting = [{ done: clients.map(() => 0), state: initial }];
  for (let here = waiting.pop(); here; here = waiting.pop()) {
    const { done, state } = here;
    const id = JSON.stringify([done, state]);
    if (seen.has(id)) continue;
    seen.add(id);
    const next = clients.map((asked, client) => asked[done[client] ?? 0]);
    if (next.every((one) => one === undefined)) return true;
    // Whatever comes next has begun before anything that is still to come was over.
    const firstEnd = Math.min(...next.map((one) => one?.end ?? Number.POSITIVE_INFINITY));
    next.forEach((one, client) => {
      if (!one || one.start > firstEnd) return;
      const after = done.map((count, at) => (at === client ? count + 1 : count));
      const { state: then, answer } = apply(state, one.asked);
      if (one.answer === undefined) waiting.push({ done: after, state }, { done: after, state: then });
      else if (JSON.stringify(one.answer) === JSON.stringify(answer)) waiting.push({ done: after, state: then });
    });
  }
  return false;
}
