import { readFileSync } from "node:fs";
import { optionTable } from "../devices/schema-docs.ts";
import { plugins } from "../plugins/index.ts";
import { withTables } from "../plugins/modbus/docs.ts";
import { frameSchema } from "../server/config-schema.ts";
import { siteSchema } from "../server/config.ts";

const root = new URL("..", import.meta.url);
export const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

/** Puts the tables of the configuration's own sections between their markers. */
function withSections(page: string): string {
  const { site, http, log } = frameSchema.properties;
  const tables: Readonly<Record<string, string>> = {
    site: optionTable(site),
    http: optionTable(http),
    log: optionTable(log),
  };
  return page.replace(/<!-- table:(\w+) -->\n[^]*?<!-- \/table -->/g, (whole, name: string) =>
    tables[name] === undefined ? whole : `<!-- table:${name} -->\n${tables[name]}\n<!-- /table -->`,
  );
}

/** Every file that is made from code, and what it should hold: text by path. `npm run generate` writes them. */
export const generated = (): Readonly<Record<string, string>> => ({
  "schema/bothy-site.schema.json": `${JSON.stringify(siteSchema([...plugins.values()]), null, 2)}\n`,
  "plugins/modbus/README.md": withTables(read("plugins/modbus/README.md")),
  "docs/configuration.md": withSections(read("docs/configuration.md")),
});
