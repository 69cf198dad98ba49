export type * from "./asked-by.ts";
export type * from "./controller-request-types.ts";
export type * from "./controller-status-types.ts";
export type * from "./controller-tuning-types.ts";
export type * from "./controller-version-types.ts";
