import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where the package is installed and what it calls itself. */
export interface PackageInfo {
  readonly root: string;
  readonly version: string;
}

/** Looks upwards from this file, which stands at different depths when run from source and when built. */
export function packageInfo(): PackageInfo {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) return { root: folder, version: "0.0.0" };
    folder = above;
  }
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string };
  return { root: folder, version };
}
