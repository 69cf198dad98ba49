#!/usr/bin/env node
import { run } from "./cli/program.ts";
import { endQuietlyWithoutReader } from "./cli/terminal.ts";

endQuietlyWithoutReader();
process.exit(await run(process.argv.slice(2)));
