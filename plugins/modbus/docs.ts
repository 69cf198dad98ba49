import { optionTable } from "../../devices/schema-docs.ts";
import { schemas } from "./schema.ts";
import { shippedNames, shippedProduct } from "./shipped.ts";

/** The table of products that come with the program, as Markdown. */
export function productTable(): string {
  const rows = shippedNames().flatMap((name) => {
    const product = shippedProduct(name);
    if (product === undefined) return [];
    const writes = product.readOnly !== true && product.devices.some(({ actions }) => actions !== undefined);
    return [
      `| \`${name}\` | ${product.title} | ${product.certainty} | ${writes ? "yes" : ""} | ${product.manual} |`,
    ];
  });
  return ["| product | what it is | certainty | writes | source |", "|---|---|---|---|---|", ...rows].join(
    "\n",
  );
}

/** Puts the generated tables between their markers in this folder's README. Pure. */
export function withTables(readme: string): string {
  const tables: Readonly<Record<string, string>> = {
    "options:link": optionTable(schemas.link),
    "options:device": optionTable(schemas.device),
    "options:product": optionTable(schemas.product),
    products: productTable(),
  };
  return readme.replace(
    /<!-- ([a-z:]+) -->\n[^]*?<!-- \/([a-z]+) -->/g,
    (whole, name: string, end: string) =>
      tables[name] === undefined ? whole : `<!-- ${name} -->\n${tables[name]}\n<!-- /${end} -->`,
  );
}
