import { pushed } from "../../plugins/pushed/index.ts";
import { localContract } from "./local.ts";

localContract(
  pushed,
  `
site: { id: contract }
buses: { brought: { plugin: pushed } }
devices:
  - { bus: brought, alias: forecast, output: temperature, timeout: 2h, min: -60, max: 60, tags: ["point:forecast"] }
  - { bus: brought, alias: generator, output: state, words: ["on", "off"] }
`,
  { alias: "generator", action: "value", value: "on" },
);
