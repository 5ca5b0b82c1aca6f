/** How long somebody may look at a query: longer than an evaluation takes, and all that is posted after it. */
export const leaseMs = 10_000;
