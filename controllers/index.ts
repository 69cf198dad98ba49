/** What a controller of one's own needs: the package's `bothy/controllers`. */
export type * from "./contract.ts";
export { defineController } from "./contract.ts";
export type * from "./outputs.ts";
export type * from "./sample.ts";
export * from "./select.ts";
export * from "./settings.ts";
export * from "./library/index.ts";
export { hours, minutes, seconds } from "../devices/clock.ts";
export { Type } from "typebox";
