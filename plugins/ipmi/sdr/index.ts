export type * from "./model.ts";
export { thresholdNames } from "./model.ts";
export type { SdrCache } from "./cache.ts";
export { parseRecord } from "./record.ts";
export { readRepository, type RepositoryOptions, type SdrRepository } from "./repository.ts";
