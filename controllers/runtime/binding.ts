import { takes } from "../../devices/accepts.ts";
import type { Accepts, Action, Device, DeviceOutput } from "../../devices/device.ts";
import { nameOf, type Registry } from "../../devices/registry.ts";
import { fullTag } from "../../devices/tag.ts";
import type { DeviceId, ValueId } from "../../devices/value-id.ts";
import type { ActionSpec, InputSpec } from "../select.ts";
import type { Shape } from "./shape.ts";

/** What an input is bound to. Plain JSON. */
export type BoundInput =
  | {
      readonly input: string;
      readonly name: string;
      readonly value: ValueId;
      readonly tags: readonly string[];
      readonly word: boolean;
    }
  | {
      readonly input: string;
      readonly name: string;
      readonly controller: string;
      readonly published: string;
      readonly word: boolean;
    };

/** What an output is bound to. Plain JSON. */
export interface BoundOutput {
  readonly output: string;
  readonly device: DeviceId;
  readonly name: string;
  readonly action: string;
  readonly accepts: Accepts;
  readonly tags: readonly string[];
}

/** Why something is not bound. */
export interface BindingFault {
  readonly controller: string;
  /** Below the controller's part of the configuration, e.g. `inputs.inlet`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy: string;
}

/** What a site's configuration says of the bindings of one controller. */
export interface BindingConfig {
  readonly where?: readonly string[];
  readonly inputs?: Readonly<Record<string, readonly string[]>>;
  readonly outputs?: Readonly<Record<string, readonly string[]>>;
}

export interface Binding {
  readonly inputs: readonly BoundInput[];
  readonly outputs: readonly BoundOutput[];
  readonly faults: readonly BindingFault[];
}

/** Another controller of the site, for inputs that are what it publishes. */
export interface Publisher {
  readonly name: string;
  readonly shape: Pick<Shape, "name" | "publishes">;
}

/**
 * What every input and output of a controller is bound to now. Devices that do not fit are left out, and told as
 * faults; those without the action of an output are only left out.
 * @param others all controllers of the site
 */
export function bind(
  controller: string,
  shape: Shape,
  config: BindingConfig,
  registry: Pick<Registry, "select">,
  others: readonly Publisher[],
): Binding {
  const faults: BindingFault[] = [...unknownNames(controller, shape, config)];
  const told = (path: readonly string[], message: string, remedy: string): void => {
    faults.push({ controller, path, message, remedy });
  };
  const inputs = Object.entries(shape.inputs).flatMap(([name, spec]) => {
    const tell = (message: string, remedy: string): void => told(["inputs", name], message, remedy);
    if (spec.controller !== undefined) return published(name, spec, others, tell);
    const tags = config.inputs?.[name] ?? [...spec.tags, ...(config.where ?? [])];
    return valuesFor(name, spec, found(registry, tags), tags, tell);
  });
  const outputs = Object.entries(shape.outputs).flatMap(([name, spec]) => {
    const tags = config.outputs?.[name] ?? [...spec.tags, ...(config.where ?? [])];
    return actionsFor(name, spec, found(registry, tags), tags, (message, remedy) =>
      told(["outputs", name], message, remedy),
    );
  });
  return { inputs, outputs, faults };
}

type Tell = (message: string, remedy: string) => void;

function* unknownNames(controller: string, shape: Shape, config: BindingConfig): Generator<BindingFault> {
  for (const part of ["inputs", "outputs"] as const) {
    const known = Object.keys(shape[part]);
    for (const name of Object.keys(config[part] ?? {}))
      if (!known.includes(name))
        yield {
          controller,
          path: [part, name],
          message: `${shape.name} has no ${part.slice(0, -1)} \`${name}\``,
          remedy: known.length === 0 ? "remove it" : `it has: ${known.join(", ")}`,
        };
  }
}

/** `type:x` and `id:x` are the generated tags; `alias:x` is the one device of that name. */
function found(registry: Pick<Registry, "select">, tags: readonly string[]): readonly Device[] {
  const alias = tags.filter((tag) => tag.startsWith("alias:")).map((tag) => tag.slice("alias:".length));
  const rest = tags.filter((tag) => !tag.startsWith("alias:"));
  const full = rest.map((tag) => (/^(type|id):/.test(tag) ? `system/${tag}` : fullTag(tag)));
  const devices = registry.select(full.length === 0 ? [] : [full]);
  return alias.length === 0 ? devices : devices.filter((one) => alias.every((name) => one.alias === name));
}

const spelled = (tags: readonly string[]): string => tags.join(" ") || "any device";

function published(
  input: string,
  spec: InputSpec,
  others: readonly Publisher[],
  tell: Tell,
): readonly BoundInput[] {
  const { name: wanted, value } = spec.controller ?? { name: "", value: "" };
  const byDefinition = others.filter(({ shape }) => shape.name === wanted);
  const other =
    others.find(({ name }) => name === wanted) ?? (byDefinition.length === 1 ? byDefinition[0] : undefined);
  const names = others.map(({ name }) => name).join(", ");
  if (other === undefined) {
    if (byDefinition.length > 1)
      tell(`several controllers are a ${wanted}`, `give one of them the name \`${wanted}\``);
    else if (!spec.optional)
      tell(`there is no controller ${wanted}`, `add it; there are: ${names || "none"}`);
    return [];
  }
  const values = Object.keys(other.shape.publishes ?? {});
  if (!values.includes(value)) {
    tell(`${other.name} does not publish \`${value}\``, `it publishes: ${values.join(", ") || "nothing"}`);
    return [];
  }
  const { unit = "" } = other.shape.publishes?.[value] ?? {};
  if (spec.unit !== undefined && !isUnit(unit, spec.unit)) {
    tell(
      `${other.name} publishes \`${value}\` ${inUnit(unit)}, not ${inUnit(spec.unit)}`,
      "take another value",
    );
    return [];
  }
  return [
    { input, name: `controller ${other.name}`, controller: other.name, published: value, word: isWord(spec) },
  ];
}

/** Symbols that are spelled in two ways: as devices do, and as settings do. */
const spellings: Readonly<Record<string, string>> = { C: "°C", RPM: "rpm" };
const isUnit = (symbol: string, wanted: string): boolean =>
  (spellings[symbol] ?? symbol) === (spellings[wanted] ?? wanted);

const inUnit = (symbol: string): string => (symbol === "" ? "without a unit" : `in ${symbol}`);

const isWord = ({ pick }: InputSpec): boolean => pick === "word" || pick === "eachWord";

/** Types of outputs whose values are words. */
const words = new Set(["state", "status", "string", "color", "direction", "timestamp"]);

function valuesFor(
  input: string,
  spec: InputSpec,
  devices: readonly Device[],
  tags: readonly string[],
  tell: Tell,
): readonly BoundInput[] {
  const word = isWord(spec);
  const bound: BoundInput[] = [];
  for (const device of devices) {
    const fit = meant(device, spec, word);
    const wrong = fit.find(
      ({ output }) => spec.unit !== undefined && !isUnit(output.unit?.symbol ?? "", spec.unit),
    );
    if (wrong !== undefined) {
      const has = inUnit(wrong.output.unit?.symbol ?? "");
      const remedy = `bind values ${inUnit(spec.unit ?? "")}`;
      tell(`${nameOf(device)} ${wrong.output.name} is ${has}, not ${inUnit(spec.unit ?? "")}`, remedy);
      continue;
    }
    const names = new Set(fit.map(({ output }) => output.name));
    if (names.size > 1) {
      tell(`${nameOf(device)} gives ${[...names].join(" and ")}`, "say which: select(…).of(output)");
      continue;
    }
    // Of a device that has the output with and without channels, the one without is the one that is meant.
    const plain =
      spec.channel === undefined && spec.output !== undefined
        ? fit.filter((one) => one.channel === undefined)
        : [];
    for (const { output, channel } of plain.length > 0 ? plain : fit)
      bound.push({
        input,
        name: channel === undefined ? nameOf(device) : `${nameOf(device)} ${channel}`,
        value: { device: device.id, output: output.name, ...(channel === undefined ? {} : { channel }) },
        tags: device.tags,
        word,
      });
  }
  if (bound.length === 0 && spec.minGood > 0 && !spec.optional) {
    const what = spec.output ?? (word ? "a word" : "a number");
    const seen =
      devices.length === 0 ? "no device has" : `none of ${devices.length} devices gives ${what} of`;
    tell(
      `nothing is bound: ${seen} ${spelled(tags)}`,
      `give devices these tags, or name others under \`inputs: { ${input}: […] }\``,
    );
  } else if (spec.pick === "word" && bound.length > 1) {
    tell(`${bound.length} values are bound, but it takes one`, "name tags only one device has");
    return [];
  }
  return bound;
}

/** Of several outputs that fit the one that is the device's own kind, e.g. the temperature of a temperature probe. */
function meant(device: Device, spec: InputSpec, word: boolean): readonly DeviceOutput[] {
  const fit = device.outputs.filter((one) => fits(one, spec, word));
  const own = spec.output === undefined ? fit.filter(({ output }) => output.name === device.type) : [];
  return own.length > 0 ? own : fit;
}

const fits = ({ output, channel }: DeviceOutput, spec: InputSpec, word: boolean): boolean =>
  spec.output === undefined
    ? words.has(output.type) === word
    : output.name === spec.output && (spec.channel === undefined || channel === spec.channel);

function actionsFor(
  output: string,
  spec: ActionSpec,
  devices: readonly Device[],
  tags: readonly string[],
  tell: Tell,
): readonly BoundOutput[] {
  const bound: BoundOutput[] = [];
  for (const device of devices) {
    const action = device.actions.find(({ name }) => name === spec.action);
    // Not every fan can be told its speed: those of a server are its own.
    if (action === undefined) continue;
    const wrong = misfit(action, spec);
    if (wrong !== undefined) {
      tell(`${nameOf(device)} ${action.name} ${wrong[0]}`, wrong[1]);
      continue;
    }
    const { id, tags: own } = device;
    bound.push({
      output,
      device: id,
      name: nameOf(device),
      action: action.name,
      accepts: action.accepts,
      tags: own,
    });
  }
  if (!devices.some((one) => hasAction(one, spec)) && spec.optional !== true)
    tell(
      `nothing is bound: ${lackingAction(devices, spec)} ${spelled(tags)}`,
      `give devices these tags, or name others under \`outputs: { ${output}: […] }\``,
    );
  return bound;
}

function lackingAction(devices: readonly Device[], { action }: ActionSpec): string {
  if (devices.length === 0) return "no device has";
  return devices.every(({ actions }) => actions.length === 0)
    ? `none of ${devices.length} devices takes writes, they are read-only, of`
    : `none of ${devices.length} devices has an action ${action}, of`;
}

const hasAction = (device: Device, spec: ActionSpec): boolean =>
  device.actions.some(({ name }) => name === spec.action);

function misfit({ kind, accepts }: Action, { unit }: ActionSpec): readonly [string, string] | undefined {
  if (kind === "pulse") return ["is done once and holds nothing", "bind an action that is a level"];
  if (unit === undefined) return undefined;
  if (accepts.kind !== "number") return [`takes no number in ${unit}`, "bind devices that take one"];
  return accepts.unit === unit
    ? undefined
    : [
        `takes ${accepts.unit === "" ? "a bare number" : accepts.unit}, not ${unit}`,
        `bind devices that take ${unit}`,
      ];
}

/** Fail-safe values that are nothing a device can be told: it would stay as it is when it matters. */
export function failSafeFaults(
  controller: string,
  outputs: readonly BoundOutput[],
  failSafe: Readonly<Record<string, unknown>>,
): readonly BindingFault[] {
  return outputs.flatMap(({ output, name, action, accepts }): readonly BindingFault[] => {
    const value = failSafe[output] ?? null;
    // A number beyond its range is brought within it.
    if (value === null || (typeof value === "number" && accepts.kind === "number")) return [];
    if (takes(accepts, value as number | string)) return [];
    const message = `${name} ${action} does not take the fail-safe value ${JSON.stringify(value)}`;
    const remedy = `have \`failSafe\` give what it takes, or bind other devices`;
    return [{ controller, path: ["outputs", output], message, remedy }];
  });
}

/** Outputs that two controllers want to own: both would put a fail-safe value there. */
export function ownerFaults(
  all: readonly {
    readonly name: string;
    readonly outputs: readonly BoundOutput[];
    readonly failSafe: Readonly<Record<string, unknown>>;
  }[],
): readonly BindingFault[] {
  const owners = new Map<string, string>();
  const faults: BindingFault[] = [];
  for (const { name: controller, outputs, failSafe } of all)
    for (const { output, device, name, action } of outputs) {
      if ((failSafe[output] ?? null) === null) continue;
      const key = `${device} ${action}`;
      const other = owners.get(key);
      if (other === undefined) owners.set(key, controller);
      else if (other !== controller)
        faults.push({
          controller,
          path: ["outputs", output],
          message: `${name} ${action} has a fail-safe value of ${other} already`,
          remedy: `one controller owns an output: name other tags under \`outputs: { ${output}: […] }\` of one of the two`,
        });
    }
  return faults;
}

/**
 * The order in which controllers step when they are due together: whoever publishes something before whoever takes it.
 * @returns their names in order, and those that go round in a circle
 */
export function stepOrder(
  all: readonly { readonly name: string; readonly inputs: readonly BoundInput[] }[],
): { readonly order: readonly string[]; readonly circles: readonly (readonly string[])[] } {
  const inputs = new Map(all.map(({ name, inputs: of }) => [name, of]));
  const done = new Set<string>();
  const order: string[] = [];
  const circles: (readonly string[])[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    const at = path.indexOf(name);
    if (at >= 0) {
      circles.push([...path.slice(at), name]);
      return;
    }
    if (done.has(name)) return;
    for (const one of inputs.get(name) ?? [])
      if ("controller" in one && inputs.has(one.controller)) visit(one.controller, [...path, name]);
    if (done.has(name)) return;
    done.add(name);
    order.push(name);
  };
  for (const { name } of all) visit(name, []);
  return { order, circles };
}

/** A circle of controllers that wait for each other, as a fault of its first member. */
export const circleFault = (circle: readonly string[]): BindingFault => ({
  controller: circle[0] ?? "",
  path: ["inputs"],
  message: `controllers wait for each other: ${circle.join(" ← ")}`,
  remedy: "let one of them take a device's reading instead",
});
