/** One request of a history. Times count up with every event. */
export interface Happened<Asked, Answer> {
  readonly start: number;
  readonly end: number;
  readonly asked: Asked;
  /** Undefined: the process that was asked died, and has either done it or not. */
  readonly answer: Answer | undefined;
}

/** How a server that does one thing at a time would behave. */
export interface Model<State, Asked, Answer> {
  readonly initial: State;
  apply(state: State, asked: Asked): { readonly state: State; readonly answer: Answer };
}

/**
 * Whether all answers could have been given by a server that does one thing at a time, each at some moment between
 * request and answer (Wing and Gong, with memory: it visits a place in the history once in each state).
 * @param clients the requests of each client, one after the other
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
    // The next request must have begun before any remaining one ended.
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
