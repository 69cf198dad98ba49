import type { Action, Device, DeviceOutput } from "../../devices/device.ts";
import { nameOf } from "../../devices/registry.ts";
import type { ActionSpec, InputSpec } from "../select.ts";
import type { BindingFault, BoundInput, BoundOutput } from "./binding.ts";

/** Told why something is not bound, and what to do. */
export type Tell = (message: string, remedy: string, kind?: BindingFault["kind"]) => void;

const spelled = (tags: readonly string[]): string => tags.join(" ") || "any device";

/** Symbols that are spelled in two ways: as devices do, and as settings do. */
const spellings: Readonly<Record<string, string>> = { C: "°C", RPM: "rpm" };
export const isUnit = (symbol: string, wanted: string): boolean =>
  (spellings[symbol] ?? symbol) === (spellings[wanted] ?? wanted);

export const inUnit = (symbol: string): string => (symbol === "" ? "without a unit" : `in ${symbol}`);

export const isWord = ({ pick }: InputSpec): boolean => pick === "word" || pick === "eachWord";

/** Types of outputs whose values are words. */
const words = new Set(["state", "status", "string", "color", "direction", "timestamp"]);

export function valuesFor(
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
      "unbound",
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

export function actionsFor(
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
      "unbound",
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
