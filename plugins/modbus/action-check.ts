import { outputs } from "../../devices/output.ts";
import { conversion } from "../../devices/units.ts";
import { checkUnit, type Complain } from "./fault.ts";
import { isBitField, isWritable, rawRange } from "./field.ts";
import type { PlacedAction, PlacedDevice } from "./product.ts";
import type { Product } from "./product-schema.ts";

/** Everything wrong with one action of a written-out device. */
export function checkAction(
  action: PlacedAction,
  device: PlacedDevice,
  product: Product,
  complain: Complain,
): void {
  const { entry, field, path } = action;
  if (!isWritable(field.table))
    complain([...path, "table"], `the table ${field.table} cannot be written`, "use coil or holding");
  else checkFunction(action, product, complain);
  const kind = entry.kind ?? "level";
  if (kind === "level" && entry.value !== undefined)
    complain([...path, "value"], "a level takes a value from whoever writes", "make it `kind: pulse`");
  if (kind === "level" && entry.shows === undefined)
    complain(path, "a level must be readable: `shows` is missing", "add the output that shows the effect");
  if (entry.writesPerDay !== undefined && entry.storage !== "eeprom")
    complain([...path, "writesPerDay"], "only memory that wears out has a budget", "add `storage: eeprom`");
  checkAccepts(action, complain);
  checkShows(action, device, complain);
}

function checkFunction({ entry, field, path }: PlacedAction, product: Product, complain: Complain): void {
  if (entry.function === "single" && field.count > 1)
    complain([...path, "function"], `${field.type} takes ${field.count} registers`, "use multiple");
  const known = product.limits?.functions;
  if (known === undefined) return;
  const multiple = entry.function === undefined ? field.count > 1 : entry.function === "multiple";
  const needed = field.table === "coil" ? (multiple ? 15 : 5) : multiple ? 16 : 6;
  if (known.includes(needed) || (isBitField(field.type) && field.table === "holding" && known.includes(22)))
    return;
  complain(
    [...path, "function"],
    `writing it needs function ${needed}`,
    "use the other `function`, or add it to `limits.functions`",
  );
}

function checkAccepts({ entry, field, path }: PlacedAction, complain: Complain): void {
  const number = entry.min !== undefined || entry.max !== undefined;
  const ways = [entry.value !== undefined, entry.states !== undefined, number].filter(Boolean).length;
  if (ways !== 1) {
    const remedy = "give either `min` and `max`, or `states`, or (for a pulse) `value`";
    complain(
      path,
      ways === 0 ? "what it takes is not said" : "what it takes is said in several ways",
      remedy,
    );
    return;
  }
  const range = rawRange(field);
  const raws = [
    ...Object.keys(entry.states ?? {}).map(Number),
    ...(entry.value === undefined ? [] : [entry.value]),
  ];
  for (const raw of raws) {
    if (range !== undefined && (BigInt(raw) < range[0] || BigInt(raw) > range[1]))
      complain(path, `${raw} does not fit ${field.type}`, `use ${String(range[0])} to ${String(range[1])}`);
  }
  const words = Object.values(entry.states ?? {});
  if (new Set(words).size !== words.length)
    complain([...path, "states"], "two numbers have the same word", "give each its own");
  if (entry.defaultState !== undefined && !words.includes(entry.defaultState))
    complain(
      [...path, "defaultState"],
      `${entry.defaultState} is none of its states`,
      `use one of ${words.join(", ")}`,
    );
  if (number) checkNumber(entry, path, complain);
}

function checkNumber(entry: PlacedAction["entry"], path: PlacedAction["path"], complain: Complain): void {
  if (entry.min === undefined || entry.max === undefined) {
    complain(path, "of `min` and `max` only one is given", "give both");
    return;
  }
  if (entry.min > entry.max) complain([...path, "min"], "the lowest is above the highest", "exchange them");
  if (entry.default !== undefined && (entry.default < entry.min || entry.default > entry.max))
    complain([...path, "default"], `it is outside ${entry.min} to ${entry.max}`, "choose a value inside");
}

function checkShows(
  { entry, field, path, shows }: PlacedAction,
  device: PlacedDevice,
  complain: Complain,
): void {
  const there = device.points.find(
    (point) => point.entry.output === shows?.output && point.channel === shows.channel,
  );
  if (shows !== undefined && there === undefined) {
    const names = device.points.map(({ entry: { output }, channel }) =>
      channel === undefined ? output : `${output} ${channel}`,
    );
    const wanted = shows.channel === undefined ? shows.output : `${shows.output} ${shows.channel}`;
    complain(
      [...path, "shows"],
      `the device has no output ${wanted}`,
      `use one of ${[...new Set(names)].join(", ")}`,
    );
    return;
  }
  if (shows !== undefined && !outputs.has(shows.output)) return;
  const symbol = outputs.get(shows?.output ?? "")?.unit?.symbol ?? entry.unit ?? "";
  checkUnit(entry.unit, symbol, [...path, "unit"], complain);
  const found = conversion(entry.unit ?? symbol, symbol);
  const range = rawRange(field);
  if (found === undefined || range === undefined || entry.scale === 0) return;
  const ends = range.map((raw) => (Number(raw) * field.scale + field.offset) * found.factor + found.offset);
  // A quarter of a step of grace: what rounds to the last raw number can be written.
  const grace = Math.abs(field.scale * found.factor) / 4;
  const [low, high] = [Math.min(...ends) - grace, Math.max(...ends) + grace];
  for (const end of ["min", "max"] as const) {
    const value = entry[end];
    if (value !== undefined && (value < low || value > high))
      complain(
        [...path, end],
        `${value} ${symbol} does not fit ${field.type}`,
        `stay within ${low + grace} to ${high - grace}`,
      );
  }
}
