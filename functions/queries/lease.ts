/** The lease of an evaluation: longer than evaluating and posting takes. */
export const leaseMs = 10_000;
