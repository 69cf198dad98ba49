// What a fresh machine needs before anything of ours can run. Plain Node, no dependencies: they are not there yet.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export const say = (text) => process.stderr.write(`bothy setup: ${text}\n`);

/** Runs a command in the project's root; ends the program with its exit code when it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (done.error) {
    say(`cannot run ${command}: ${done.error.message}`);
    process.exit(1);
  }
  if (done.status !== 0) {
    say(`failed: ${[command, ...args].join(" ").slice(0, 120)}`);
    process.exit(done.status ?? 1);
  }
}

/** Installs the locked npm packages unless this very lock file is installed already. */
export function ensureNpmPackages() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old; 20.19 or newer is needed`);
    process.exit(1);
  }
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".bothy-installed");
  const wanted = `${lock} node-abi-${process.versions.modules}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("installing the npm packages of package-lock.json (npm ci)");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { stdio: ["ignore", 2, 2] });
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Runs a program that came with the npm packages. */
export const runLocal = (script, args) =>
  run(process.execPath, [join(root, "node_modules", script), ...args]);

/**
 * Makes sure Debian packages are there: installs the missing ones when that is possible, else says how and ends.
 * @param packages name → a file that exists once it is installed
 */
export function ensureDebianPackages(packages) {
  const missing = Object.entries(packages)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const asRoot = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
  if (!asRoot) {
    say(`the tests need these Debian packages: ${missing.join(" ")}`);
    say(`install them:  sudo apt-get install ${missing.join(" ")}`);
    process.exit(1);
  }
  say(`installing the Debian packages ${missing.join(" ")} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", 2] };
  run("apt-get", ["update", "-qq"], quiet);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing], quiet);
}
