import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SdrCache } from "../../../plugins/ipmi/sdr/index.ts";
import { type Env, folder } from "../contexts.ts";

/** The file of what is known of a BMC: one for each address, as nobody says more about a BMC before it was asked. */
export function memoryFile(address: string, env: Env): string {
  const name = createHash("sha256").update(address).digest("hex").slice(0, 16);
  return join(folder(env, "XDG_CACHE_HOME", ".cache"), "bothy", `ipmi-${name}.json`);
}

/**
 * What is kept of one BMC between two runs. A file that is damaged, or that others may have written, is as if it was not
 * there; one that cannot be written only makes the next run ask more.
 */
export function openMemory(file: string): SdrCache {
  let values = read(file);
  return {
    get: (key) => values[key],
    set: (key, value) => {
      values = { ...values, [key]: value };
      write(file, values);
    },
  };
}

type Values = Readonly<Record<string, unknown>>;

function read(file: string): Values {
  try {
    const { mode, uid } = statSync(file);
    if ((mode & 0o022) !== 0 || uid !== process.getuid?.()) return {};
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof found === "object" && found !== null ? (found as Values) : {};
  } catch {
    return {};
  }
}

function write(file: string, values: Values): void {
  const beside = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(beside, JSON.stringify(values), { mode: 0o600 });
    renameSync(beside, file);
  } catch {
    rmSync(beside, { force: true });
  }
}
