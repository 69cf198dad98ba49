import type { Clock } from "../devices/clock.ts";
import type { Keeper } from "../devices/keeper.ts";
import type { Link } from "../devices/link.ts";
import type { Log, Plugin } from "../devices/plugin.ts";
import type { Registry } from "../devices/registry.ts";
import type { ReadingStore } from "../devices/store.ts";
import type { Writer } from "../devices/writer.ts";
import type { Access } from "./access/access.ts";
import type { Audit } from "./audit/audit.ts";
import type { SiteControllers } from "./controllers/site-controllers.ts";
import type { SiteConfig } from "./config-schema.ts";
import type { ReadingJson } from "./json.ts";
import type { WriteCounts } from "./metrics/write-counts.ts";

/** One bus as the server sees it. */
export interface BusPart {
  readonly link: Link;
  readonly plugin: Plugin;
}

/** What a site is made of, for whoever answers questions about it. */
export interface SiteParts {
  readonly config: SiteConfig;
  /** Who asks. */
  readonly access: Access;
  /** Who did what. */
  readonly audit: Audit;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly writeCounts: WriteCounts;
  readonly controllers: SiteControllers;
  readonly keeper: Keeper;
  readonly json: ReadingJson;
  readonly plugins: readonly Plugin[];
  readonly buses: ReadonlyMap<string, BusPart>;
  /** Aborts when the site stops: streams end. */
  readonly signal: AbortSignal;
}
