// `npm test`: everything the tests need, then all of them. `npm test -- FILE…` runs only those test files.
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { ensureDebianPackages, ensureNpmPackages, root, run, runLocal, say } from "./setup.mjs";

const only = process.argv.slice(2);

ensureNpmPackages();
ensureDebianPackages({
  chromium: "/usr/bin/chromium",
  "freeipmi-tools": "/usr/sbin/ipmi-sensors",
  ipmitool: "/usr/bin/ipmitool",
  mbpoll: "/usr/bin/mbpoll",
  openipmi: "/usr/bin/ipmi_sim",
  openssl: "/usr/bin/openssl",
  prometheus: "/usr/bin/promtool",
  "python3-grpc-tools": "/usr/lib/python3/dist-packages/grpc_tools",
  "python3-grpcio": "/usr/lib/python3/dist-packages/grpc",
  "python3-pyghmi": "/usr/lib/python3/dist-packages/pyghmi",
  "python3-pymodbus": "/usr/lib/python3/dist-packages/pymodbus",
  "python3-serial": "/usr/lib/python3/dist-packages/serial",
  "python3-serial-asyncio": "/usr/lib/python3/dist-packages/serial_asyncio",
  socat: "/usr/bin/socat",
  systemd: "/usr/bin/systemd-notify",
  zsh: "/usr/bin/zsh",
  fish: "/usr/bin/fish",
});

if (only.length === 0) {
  say("checking types");
  runLocal("typescript/bin/tsc", ["--noEmit"]);
  say("checking rules (eslint)");
  runLocal("eslint/bin/eslint.js", [".", "--max-warnings", "0"]);
  say("checking format (prettier)");
  runLocal("prettier/bin/prettier.cjs", ["--check", "--log-level", "warn", "."]);
  say("checking imports (dependency-cruiser)");
  const folders = ["client", "controllers", "devices", "plugins", "server", "simulators"];
  const cruise = "dependency-cruiser/bin/dependency-cruise.mjs";
  runLocal(cruise, ["--config", ".dependency-cruiser.cjs", ...folders]);
  say("building");
  runLocal("typescript/bin/tsc", ["-p", "tsconfig.build.json"]);
}

const skipped = new Set(["node_modules", "dist", ".git", "coverage"]);
const tests = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : tests(path);
    return entry.name.endsWith(".test.ts") ? [relative(root, path)] : [];
  });
const files = only.length > 0 ? only : tests(root).sort();
say(`running ${files.length} test files`);
run(process.execPath, ["--import", "tsx", "--test", "--test-reporter=spec", ...files]);
