import { takes } from "../../devices/accepts.ts";
import type { Accepts } from "../../devices/device.ts";
import type { DeviceId, ValueId } from "../../devices/value-id.ts";
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

/** One output of one device, whoever commands it. */
export const outputKey = ({ device, action }: Pick<BoundOutput, "device" | "action">): string =>
  `${device} ${action}`;

/** Why something is not bound. */
export interface BindingFault {
  readonly controller: string;
  /** Below the controller's part of the configuration, e.g. `inputs.inlet`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy: string;
  /** `unbound`: it is bound to nothing; `unknown`: the controller has nothing of that name. */
  readonly kind?: "unbound" | "unknown";
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

/** Whether some profile has both of two controllers work. @param a, b profiles they work in; absent: all */
const meet = (a: readonly string[] | undefined, b: readonly string[] | undefined): boolean =>
  a === undefined || b === undefined || a.some((profile) => b.includes(profile));

/** Outputs that two controllers want to own in the same profile: both would put a fail-safe value there. */
export function ownerFaults(
  all: readonly {
    readonly name: string;
    readonly outputs: readonly BoundOutput[];
    readonly failSafe: Readonly<Record<string, unknown>>;
    readonly profiles?: readonly string[];
  }[],
): readonly BindingFault[] {
  const owners = new Map<
    string,
    { readonly name: string; readonly profiles: readonly string[] | undefined }[]
  >();
  const faults: BindingFault[] = [];
  for (const { name: controller, outputs, failSafe, profiles } of all)
    for (const { output, device, name, action } of outputs) {
      if ((failSafe[output] ?? null) === null) continue;
      const key = outputKey({ device, action });
      const others = owners.get(key) ?? [];
      const other = others.find((one) => one.name !== controller && meet(one.profiles, profiles));
      owners.set(key, [...others, { name: controller, profiles }]);
      if (other !== undefined) faults.push(ownerFault({ controller, output, name, action }, other, profiles));
    }
  return faults;
}

/** @param other who owns it already @param profiles of the controller */
function ownerFault(
  {
    controller,
    output,
    name,
    action,
  }: Pick<BoundOutput, "output" | "name" | "action"> & { controller: string },
  other: { readonly name: string; readonly profiles: readonly string[] | undefined },
  profiles: readonly string[] | undefined,
): BindingFault {
  const both = profiles?.filter((one) => meet(other.profiles, [one])) ?? other.profiles ?? [];
  const where = both.length === 0 ? "" : ` in profile ${both.join(", ")}`;
  const apart = both.length === 0 ? "" : ", or let them work in different `profiles`";
  return {
    controller,
    path: ["outputs", output],
    message: `${name} ${action} has a fail-safe value of ${other.name} already${where}`,
    remedy: `one controller owns an output: name other tags under \`outputs: { ${output}: […] }\` of one of the two${apart}`,
  };
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
