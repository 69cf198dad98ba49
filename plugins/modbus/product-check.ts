import { outputs } from "../../devices/output.ts";
import type { Fault } from "../../devices/plugin.ts";
import { checkAction } from "./action-check.ts";
import { isBitField, isBitTable } from "./field.ts";
import { checkOverlaps } from "./overlap-check.ts";
import { checkComputed, checkUnit, closest, type Complain, complaints } from "./fault.ts";
import { expandProduct, type Placed, type PlacedDevice, type PlacedPoint } from "./product.ts";
import type { Product } from "./product-schema.ts";

const usualFunctions: readonly number[] = [1, 2, 3, 4, 5, 6, 15, 16];

/** The function codes a unit of a product knows. */
export const functionsOf = (product: Product): readonly number[] =>
  product.limits?.functions ?? usualFunctions;

/**
 * Everything wrong with a product that its schema cannot see, all at once. Pure.
 * @returns faults with paths from the product's own root
 */
export function checkProduct(product: Product): readonly Fault[] {
  const { faults, complain } = complaints();
  const devices = expandProduct(product);
  const names = new Set<string>();
  for (const device of devices) {
    if (names.has(device.name)) {
      const remedy = "give each device its own name; in a repeat the name needs {n}";
      complain([...device.path, "name"], `another device is called "${device.name}" too`, remedy);
    }
    names.add(device.name);
    checkDevice(device, product, complain);
  }
  checkOverlaps(devices, complain);
  return faults;
}

function checkDevice(device: PlacedDevice, product: Product, complain: Complain): void {
  const seen = new Set<string>();
  for (const point of device.points) {
    checkPlace(point, product, complain);
    checkPoint(point, device, complain);
    const name = [point.entry.output, ...(point.channel === undefined ? [] : [point.channel])].join("/");
    if (seen.has(name))
      complain(point.path, `the device has ${name} twice`, "tell equal outputs apart by channel");
    seen.add(name);
  }
  for (const input of device.inputs) checkPlace(input, product, complain);
  const actions = new Set<string>();
  for (const action of device.actions) {
    if (actions.has(action.entry.name))
      complain(
        [...action.path, "name"],
        `the device has the action ${action.entry.name} twice`,
        "rename one of them",
      );
    actions.add(action.entry.name);
    checkPlace(action, product, complain);
    checkAction(action, device, product, complain);
  }
}

type AnyEntry = Placed<{
  readonly bit?: number;
  readonly bits?: object;
  readonly length?: number;
  readonly scale?: number;
}>;

/** What holds for points, inputs and actions: that the place exists and fits the type. */
function checkPlace({ entry, field, path }: AnyEntry, product: Product, complain: Complain): void {
  const end = field.address + field.count - 1;
  if (end > 0xffff)
    complain(
      [...path, "address"],
      `it ends at ${end}, beyond 65535`,
      "check the address, the stride and the repeat",
    );
  if (isBitTable(field.table) && field.type !== "bit")
    complain([...path, "type"], `a ${field.table} holds one bit, not ${field.type}`, "use the type bit");
  if (
    !isBitTable(field.table) &&
    isBitField(field.type) &&
    entry.bit === undefined &&
    entry.bits === undefined
  )
    complain(path, `which bit of the register is meant is not said`, "add `bit`, 0 for the lowest");
  if (field.type === "bits" && field.bit + field.width > 16)
    complain(
      [...path, "width"],
      `bit ${field.bit} and ${field.width} bits go beyond the register`,
      "make it narrower",
    );
  if (field.type === "string" && entry.length === undefined)
    complain(path, "how long the text is is not said", "add `length` in registers");
  if (entry.scale === 0)
    complain([...path, "scale"], "a scale of 0 makes every value the same", "use another scale");
  const most = product.limits?.maxRegisters ?? 125;
  if (!isBitTable(field.table) && field.count > most)
    complain(
      path,
      `it takes ${field.count} registers; the product allows ${most} per request`,
      "check `limits`",
    );
  const needed = { coil: 1, discrete: 2, holding: 3, input: 4 }[field.table];
  if (!functionsOf(product).includes(needed))
    complain(
      [...path, "table"],
      `reading ${field.table} needs function ${needed}`,
      "add it to `limits.functions`",
    );
}

function checkPoint(point: PlacedPoint, device: PlacedDevice, complain: Complain): void {
  const { entry, field, path } = point;
  const output = outputs.get(entry.output);
  if (output === undefined) {
    const near = closest(entry.output, [...outputs.keys()]);
    complain([...path, "output"], `there is no output ${entry.output}`, `did you mean ${near}?`);
    return;
  }
  checkUnit(entry.unit, output.unit?.symbol ?? "", [...path, "unit"], complain);
  const word = entry.states !== undefined || field.type === "string" || field.type === "bit";
  if (word && output.unit !== undefined)
    complain(
      [...path, "output"],
      `${output.name} is a number in ${output.unit.symbol}`,
      "use `state` or `status`",
    );
  if (entry.valid !== undefined && entry.valid.min > entry.valid.max)
    complain([...path, "valid"], "its lowest is above its highest", "exchange them");
  const several = [entry.channel, entry.channels, entry.bits].filter((way) => way !== undefined).length;
  if (several > 1) complain(path, "channel, channels and bits exclude each other", "keep one of them");
  if (entry.bits !== undefined && (field.type !== "bit" || isBitTable(field.table)))
    complain([...path, "bits"], "only the type bit of a register has bits", "use `type: bit` and a register");
  if (entry.compute !== undefined && word)
    complain([...path, "compute"], "only numbers can be computed", "take `states` away or use a number type");
  checkComputed(
    entry.compute,
    device.inputs.map((input) => input.entry.name),
    [...path, "compute"],
    complain,
  );
}
