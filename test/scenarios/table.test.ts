import { test } from "node:test";
import { play } from "./harness.ts";
import { scenarios } from "./table.ts";

for (const scenario of scenarios) test(scenario.name, () => play(scenario));
