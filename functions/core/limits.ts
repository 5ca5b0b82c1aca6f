/**
 * What an owner's subscription allows. Capabilities ask before they create or store something. The port answers from
 * the deployment's plans; without plans everything is allowed.
 */
export interface Limits {
  of(owner: Owner): Promise<Features>;
}

/** The owner of a record, whose subscription counts. */
export type Owner = { readonly userId: string } | { readonly studioId: string };

/** An absent limit means no limit; an absent `allowed` means true. */
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
    /** Total size of the updates stored in one branch. */
    readonly maxBytesPerInst?: number;
    readonly maxActiveConnectionsPerInst?: number;
  };
}

/** Everything is allowed. */
export const noLimits: Limits = { of: async () => ({}) };
