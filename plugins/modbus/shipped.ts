import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Product } from "./product-schema.ts";

/** The folder of the maps: beside this file in the sources; a build leaves it where it is. */
const folder = [
  new URL("./maps/", import.meta.url),
  new URL("../../../plugins/modbus/maps/", import.meta.url),
].find((url) => existsSync(url));

/** Names of the products that come with the program, sorted. */
export const shippedNames = (): readonly string[] =>
  folder === undefined
    ? []
    : readdirSync(folder)
        .filter((file) => file.endsWith(".yaml"))
        .map((file) => file.slice(0, -".yaml".length))
        .sort();

/**
 * A product that comes with the program. Its map is known to fit the schema: a test reads every one.
 * @returns undefined when there is none of that name
 */
export function shippedProduct(name: string): Product | undefined {
  if (folder === undefined || !shippedNames().includes(name)) return undefined;
  return parse(readFileSync(new URL(`${name}.yaml`, folder), "utf8")) as Product;
}
