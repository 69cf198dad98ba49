import type { Definition } from "../contract.ts";

/** The controllers that come with Bothy. */
export const shipped: readonly Definition[] = [];
