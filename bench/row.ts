/** One line of the benchmark's table. */
export interface Row {
  /** What was measured. */
  readonly what: string;
  /** The result, with its unit. */
  readonly actual: string;
  /** The budget: what it may be at most (or at least), with its unit; empty if there is none. */
  readonly budget: string;
  /** Whether the budget is kept; undefined if there is none. */
  readonly ok: boolean | undefined;
  /** How to read it, or what would close a gap. */
  readonly note?: string;
}
