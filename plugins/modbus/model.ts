import { parseDuration } from "../../devices/duration.ts";
import type { Accepts, Action } from "../../devices/device.ts";
import { outputs } from "../../devices/output.ts";
import { type Conversion, conversion } from "../../devices/units.ts";
import { parseExpression } from "./compute.ts";
import type { Point, PollClass } from "./decode.ts";
import type { Order } from "./encode.ts";
import type { Field } from "./field.ts";
import type { Placed, PlacedAction, PlacedDevice, PlacedPoint } from "./product.ts";
import type { InputEntry } from "./product-schema.ts";
import { writesPerDay } from "./write-budget.ts";

/** A device of a unit, ready to be read and written. */
export interface DeviceModel {
  readonly placed: PlacedDevice;
  readonly points: readonly ModelPoint[];
  readonly orders: readonly Order[];
}
export interface ModelPoint extends Point {
  readonly poll: PollClass;
  readonly context?: Readonly<Record<string, string>>;
}

const same: Conversion = { factor: 1, offset: 0 };

/**
 * Makes a written-out device of a map usable. Entries that checkProduct finds fault with are left out.
 * @param writable false: no orders
 */
export function modelDevice(placed: PlacedDevice, writable: boolean): DeviceModel {
  const points = placed.points.flatMap((point) => modelPoint(point, placed.inputs));
  const orders = writable ? placed.actions.flatMap((action) => modelOrder(action, points)) : [];
  return { placed, points, orders };
}

function modelPoint(
  { entry, field, channel }: PlacedPoint,
  inputs: readonly Placed<InputEntry>[],
): readonly ModelPoint[] {
  const output = outputs.get(entry.output);
  const symbol = output?.unit?.symbol ?? "";
  const found = conversion(entry.unit ?? symbol, symbol);
  const compute = entry.compute === undefined ? undefined : parseExpression(entry.compute);
  if (output === undefined || found === undefined || typeof compute === "string") return [];
  const needed = inputs.filter((input) => compute?.names.includes(input.entry.name));
  return [
    {
      output,
      field,
      conversion: found,
      inputs: new Map(
        needed.map((input) => [
          input.entry.name,
          { ...input.field, poll: input.entry.poll ?? entry.poll ?? "fast" },
        ]),
      ),
      poll: entry.poll ?? "fast",
      ...(channel === undefined ? {} : { channel }),
      ...(compute === undefined ? {} : { compute }),
      ...(entry.decimals === undefined ? {} : { decimals: entry.decimals }),
      ...(entry.valid === undefined ? {} : { valid: entry.valid }),
      ...(entry.states === undefined ? {} : { states: entry.states }),
      ...(entry.context === undefined ? {} : { context: entry.context }),
    },
  ];
}

function modelOrder(placed: PlacedAction, points: readonly ModelPoint[]): readonly Order[] {
  const { entry, field, shows: target } = placed;
  const shows = points.find(
    (point) => point.output.name === target?.output && point.channel === target.channel,
  );
  if (target !== undefined && shows === undefined) return [];
  const symbol = shows?.output.unit?.symbol ?? entry.unit ?? "";
  const found = conversion(entry.unit ?? symbol, symbol);
  const accepts = acceptsOf(placed, found ?? same, symbol);
  if (found === undefined || accepts === undefined) return [];
  return [
    {
      action: actionOf(placed, accepts),
      field,
      conversion: found,
      multiple: entry.function === undefined ? field.count > 1 : entry.function === "multiple",
      ...(entry.states === undefined ? {} : { states: wordsToRaw(entry.states) }),
      ...(entry.value === undefined ? {} : { raw: entry.value }),
      ...(shows === undefined ? {} : { shows }),
      ...(entry.storage === "eeprom" ? { writesPerDay: entry.writesPerDay ?? writesPerDay } : {}),
    },
  ];
}

const wordsToRaw = (states: Readonly<Record<string, string>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(states).map(([raw, word]) => [word, Number(raw)]));

function acceptsOf({ entry, field }: PlacedAction, convert: Conversion, unit: string): Accepts | undefined {
  if (entry.value !== undefined) return { kind: "none" };
  if (entry.states !== undefined) return { kind: "choice", choices: Object.values(entry.states) };
  if (entry.min === undefined || entry.max === undefined) return undefined;
  return { kind: "number", min: entry.min, max: entry.max, step: entry.step ?? finest(field, convert), unit };
}

/** The finest difference a register shows in the unit of the action. */
const finest = (field: Field, { factor }: Conversion): number =>
  Number(Math.abs(field.scale * factor).toPrecision(12));

function actionOf({ entry, shows }: PlacedAction, accepts: Accepts): Action {
  const initial = entry.default ?? entry.defaultState;
  return {
    name: entry.name,
    kind: entry.kind ?? "level",
    accepts,
    storage: entry.storage ?? "ram",
    ...(shows === undefined ? {} : { shows }),
    ...(entry.tolerance === undefined ? {} : { tolerance: entry.tolerance }),
    ...(entry.settle === undefined ? {} : { settle: parseDuration(entry.settle) ?? 0 }),
    ...(initial === undefined ? {} : { default: initial }),
  };
}
