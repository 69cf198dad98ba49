import { existsSync, readFileSync } from "node:fs";
import { readParameters, type SiteParameters } from "./physics/parameters.ts";

/** Beside this file when run from source, in the package's source tree when built. */
const folder = [
  new URL("./physics/sites/", import.meta.url),
  new URL("../../simulators/physics/sites/", import.meta.url),
].find((place) => existsSync(place));

/** A roadside cabinet, a container with four racks, and the cabinet of the demonstration. */
export type SiteName = "cabinet" | "container" | "demo";

/** The enclosure of a shipped site and what is in it. @throws Error of the system when its file is gone */
export function siteParameters(name: SiteName): SiteParameters {
  const file = `${name}.yaml`;
  return readParameters(readFileSync(new URL(file, folder ?? import.meta.url), "utf8"), file);
}
