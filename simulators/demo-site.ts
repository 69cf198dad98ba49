import { existsSync, readFileSync } from "node:fs";
import { readParameters, type SiteParameters } from "./physics/parameters.ts";

/** Beside this file when run from source, in the package's source tree when built. */
const file = [
  new URL("./demo-site.yaml", import.meta.url),
  new URL("../../simulators/demo-site.yaml", import.meta.url),
].find((place) => existsSync(place));

/** The enclosure of the demonstration. @throws Error of the system when its file is gone */
export const demoParameters = (): SiteParameters =>
  readParameters(
    readFileSync(file ?? new URL("./demo-site.yaml", import.meta.url), "utf8"),
    "demo-site.yaml",
  );
