// `npm start`: from a fresh clone to a running simulated site. Arguments go to `bothy demo`.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { endWithParent } from "./parent.mjs";
import { ensureNpmPackages, root, runLocal, say } from "./setup.mjs";

endWithParent();
ensureNpmPackages();
say("building");
runLocal("typescript/bin/tsc", ["-p", "tsconfig.build.json"]);

const main = join(root, "dist", "server", "main.js");
process.argv = [process.execPath, main, "demo", ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
