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
