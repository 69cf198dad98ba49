// `npm start`: from a fresh clone to a running simulated site. Arguments go to `bothy demo`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureNpmPackages, root, runLocal, say } from "./setup.mjs";

ensureNpmPackages();
say("building");
runLocal("typescript/bin/tsc", ["-p", "tsconfig.build.json"]);

const main = join(root, "dist", "server", "main.js");
process.argv = [process.execPath, main, "demo", ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
