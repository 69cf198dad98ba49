import { readFileSync } from "node:fs";
import { controllerSections } from "../controllers/shipped/docs.ts";
import { shipped } from "../controllers/shipped/index.ts";
import type { Plugin } from "../devices/plugin.ts";
import { optionTable, optionTables, withTables } from "../devices/schema-docs.ts";
import { thermometer } from "../examples/plugin-thermometer/index.ts";
import { plugins } from "../plugins/index.ts";
import { familyTable, oddityTable, quirkTable } from "../plugins/ipmi/quirks-docs.ts";
import { productTable } from "../plugins/modbus/docs.ts";
import { frameSchema } from "../server/config-schema.ts";
import { siteSchema } from "../server/config.ts";
import { controllerSchema } from "../server/controllers/section.ts";
import { type FaultSpec, faultSpecs } from "../simulators/fault-text.ts";

const root = new URL("..", import.meta.url);
export const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

const { site, http, access, log, metrics, state, cache, trace, watchdog, profiles } = frameSchema.properties;
const sections: Readonly<Record<string, string>> = {
  "table:site": optionTable(site),
  "table:http": optionTable(http),
  "table:access": optionTable(access),
  "table:log": optionTable(log),
  "table:metrics": optionTable(metrics),
  "table:state": optionTable(state),
  "table:cache": optionTable(cache),
  "table:controllers": optionTable(controllerSchema),
  "table:profiles": optionTable(profiles),
  "table:trace": optionTable(trace),
  "table:watchdog": optionTable(watchdog),
};

/** A plugin's README with its tables. */
const readme = (path: string, { schema }: Pick<Plugin, "schema">): string =>
  withTables(read(path), { ...optionTables(schema), products: productTable() });

/** Every kind of fault the simulators know, as a table. */
function faultTable(): string {
  const rows = Object.entries<FaultSpec>(faultSpecs).map(
    ([kind, { target, also, arguments: given, about, example }]) => {
      const takes = given.map(({ key, required, allowed }) => `${key}${required ? "" : "?"}: ${allowed}`);
      const where = also === undefined ? target : `${target}, ${also}`;
      return `| \`${kind}\` | ${where} | ${about} | ${takes.join("; ")} | \`${example}\` |`;
    },
  );
  return ["| kind | target | what happens | takes | example |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** Every file that is made from code, and what it should hold: text by path. `npm run generate` writes them. */
export const generated = (): Readonly<Record<string, string>> => ({
  "schema/bothy-site.schema.json": `${JSON.stringify(siteSchema([...plugins.values()]), null, 2)}\n`,
  ...Object.fromEntries(
    [...plugins.values()].map((plugin) => {
      const path = `plugins/${plugin.name}/README.md`;
      return [path, readme(path, plugin)];
    }),
  ),
  "examples/plugin-thermometer/README.md": readme("examples/plugin-thermometer/README.md", thermometer),
  "docs/simulator.md": withTables(read("docs/simulator.md"), { faults: faultTable() }),
  "docs/ipmi-quirks.md": withTables(read("docs/ipmi-quirks.md"), {
    quirks: quirkTable(),
    families: familyTable(),
    oddities: oddityTable(),
  }),
  "docs/controllers-library.md": withTables(read("docs/controllers-library.md"), {
    controllers: controllerSections(shipped),
  }),
  "docs/configuration.md": withTables(read("docs/configuration.md"), sections),
});
