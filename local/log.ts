/** Writes one line of the runtime's own log, with the name of the part, e.g. `queues` or `stream`. */
export type Log = (part: string, line: string) => void;

export const silent: Log = () => {};
