import type { Device } from "../../devices/device.ts";
import type { Registry } from "../../devices/registry.ts";
import { fullTag } from "../../devices/tag.ts";
import type { InputSpec } from "../select.ts";
import { actionsFor, inUnit, isUnit, isWord, type Tell, valuesFor } from "./bind-devices.ts";
import type { Binding, BindingConfig, BindingFault, BoundInput, Publisher } from "./binding.ts";
import type { Shape } from "./shape.ts";

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
  const told = (path: readonly string[], ...[message, remedy, kind]: Parameters<Tell>): void => {
    faults.push({ controller, path, message, remedy, ...(kind === undefined ? {} : { kind }) });
  };
  const inputs = Object.entries(shape.inputs).flatMap(([name, spec]) => {
    const tell: Tell = (...about) => told(["inputs", name], ...about);
    if (spec.controller !== undefined) return published(name, spec, others, tell);
    const tags = config.inputs?.[name] ?? [...spec.tags, ...(config.where ?? [])];
    return valuesFor(name, spec, found(registry, tags), tags, tell);
  });
  const outputs = Object.entries(shape.outputs).flatMap(([name, spec]) => {
    const tags = config.outputs?.[name] ?? [...spec.tags, ...(config.where ?? [])];
    return actionsFor(name, spec, found(registry, tags), tags, (...about) =>
      told(["outputs", name], ...about),
    );
  });
  return { inputs, outputs, faults };
}

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
          kind: "unknown",
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
