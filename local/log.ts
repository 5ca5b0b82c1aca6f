/** One line of the runtime's own log, naming the part that speaks, e.g. `queues` or `stream`. */
export type Log = (part: string, line: string) => void;

export const silent: Log = () => {};
