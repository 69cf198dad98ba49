import { valuesOf } from "../../../devices/device.ts";
import { outputNamed } from "../../../devices/output.ts";
import { type Fru } from "../fru/parse.ts";
import { bad, bmcDevice, good, type Part, type PartDeps, slug, valueAt } from "./part.ts";

/** One inventory, in words. JSON: it is kept. */
export interface InventoryFacts {
  readonly fruId: number;
  /** What it is of: the locator's name, or what the BMC's own is called. */
  readonly name: string;
  /** Name and value, in the order of the inventory. */
  readonly facts: Readonly<Record<string, string>>;
  /** There is memory for it, but nothing in it: why. */
  readonly fault?: string;
}

/** What an inventory says, as facts with names for people; empty fields are left out. */
export function factsOf({ chassis, board, product }: Fru): Readonly<Record<string, string>> {
  const facts: Record<string, string> = {};
  const add = (name: string, text: string | undefined): void => {
    const clean = (text ?? "").trim();
    if (clean !== "") facts[name] = clean;
  };
  add("manufacturer", product?.maker);
  add("product", product?.name);
  add("part number", product?.part);
  add("version", product?.version);
  add("serial number", product?.serial);
  add("asset tag", product?.assetTag);
  add("chassis", chassis?.typeName);
  add("chassis part number", chassis?.part);
  add("chassis serial number", chassis?.serial);
  add("board manufacturer", board?.maker);
  add("board", board?.product);
  add("board serial number", board?.serial);
  add("board part number", board?.part);
  add("board made", board?.made === undefined ? undefined : new Date(board.made).toISOString().slice(0, 10));
  [...(chassis?.custom ?? []), ...(board?.custom ?? []), ...(product?.custom ?? [])].forEach(({ text }, i) =>
    add(`custom ${i + 1}`, text),
  );
  return facts;
}

/** Inventories do not change by themselves: what they say is in the context, and the one value names the thing. */
export function inventoryPart({ clock, settings }: PartDeps, inventories: readonly InventoryFacts[]): Part {
  const pairs = inventories.map((inventory) => {
    const { fruId, name, facts, fault } = inventory;
    const short = slug(name.replace(/\s*(inventory|fru)\b/gi, ""));
    const ending = fruId === 0 ? "inventory" : `inventory-${short === "" ? fruId : short}`;
    const isAlone = inventories.filter((other) => other.name === name).length === 1;
    const device = bmcDevice(settings, ["fru", fruId], isAlone ? ending : `${ending}-${fruId}`, {
      type: "inventory",
      info: fruId === 0 ? "inventory" : `inventory: ${name}`,
      tags: ["ipmi/chassis-part:inventory"],
      context: facts,
      outputs: [{ output: outputNamed("string") }],
    });
    return { device, facts, name, fault };
  });
  return {
    devices: pairs.map(({ device }) => device),
    polls:
      pairs.length === 0
        ? []
        : [
            {
              id: "inventory",
              local: true,
              period: settings.slow,
              values: pairs.flatMap(({ device }) => valuesOf(device)),
              read: () =>
                Promise.resolve(
                  pairs.map(({ device, facts, name, fault }) => {
                    const id = valueAt(device, "string");
                    return fault === undefined
                      ? good(id, clock.now(), titleOf(facts, name))
                      : bad(device, id, clock.now(), "ABSENT", { fault });
                  }),
                ),
            },
          ],
  };
}

const titleOf = (facts: Readonly<Record<string, string>>, name: string): string => {
  const maker = facts["manufacturer"] ?? facts["board manufacturer"];
  const product = facts["product"] ?? facts["board"];
  const title = [maker, product].filter((text) => text !== undefined).join(" ");
  return title === "" ? name : title;
};
