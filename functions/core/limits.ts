/**
 * What an owner's subscription allows. Asked by whoever is about to make or keep something; the port answers from the
 * deployment's plans, and everything is allowed where there are none.
 */
export interface Limits {
  of(owner: Owner): Promise<Features>;
}

/** Who a record belongs to, and so whose subscription counts. */
export type Owner = { readonly userId: string } | { readonly studioId: string };

/** A limit that is absent is none; `allowed` is true where absent. */
export interface Features {
  readonly records?: { readonly allowed?: boolean; readonly maxRecords?: number };
  readonly data?: { readonly allowed?: boolean; readonly maxItems?: number; readonly maxItemSizeInBytes?: number };
  readonly files?: {
    readonly allowed?: boolean;
    readonly maxFiles?: number;
    readonly maxBytesPerFile?: number;
    readonly maxBytesTotal?: number;
  };
  readonly events?: { readonly allowed?: boolean; readonly maxEvents?: number };
  readonly insts?: {
    readonly allowed?: boolean;
    readonly maxInsts?: number;
    /** Of the updates kept in one branch. */
    readonly maxBytesPerInst?: number;
    readonly maxActiveConnectionsPerInst?: number;
  };
}

/** Everything is allowed. */
export const noLimits: Limits = { of: async () => ({}) };
