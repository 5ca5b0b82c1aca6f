/** One line of the benchmark's table. */
export interface Row {
  /** What was measured. */
  readonly what: string;
  /** What came out, with its unit. */
  readonly actual: string;
  /** What it may be at most (or at least), with its unit; empty where nothing is promised. */
  readonly budget: string;
  /** Whether it is; undefined where nothing is promised. */
  readonly ok: boolean | undefined;
  /** How to read it, or what would close a gap. */
  readonly note?: string;
}
