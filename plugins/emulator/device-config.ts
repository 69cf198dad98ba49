import type { Millis } from "../../devices/clock.ts";
import { defaultWriteTimeout, namePattern } from "../../devices/device.ts";
import { parseGoSetting } from "../../devices/go-duration.ts";
import { dataComponent, type DataValue, deviceId, pluginTag } from "../../devices/ids.ts";
import type { Fault, Path, PluginMeta } from "../../devices/plugin.ts";
import { fullTag, parseTag } from "../../devices/tag.ts";
import type { DeviceId } from "../../devices/value-id.ts";
import { inherit, type Merged } from "./inherit.ts";
import type { Instance, Prototype } from "./schema.ts";
import { renderTemplate, type TemplateScope } from "./template.ts";
import { functions, scaled, type Transform } from "./transform.ts";

/** A device of the original's configuration, with everything inherited and filled in. Synse v3 §7.2. */
export interface ConfiguredDevice {
  /** Where its instance stands. */
  readonly path: Path;
  readonly type: string;
  readonly handler: string;
  readonly info: string;
  readonly alias?: string;
  /** With their namespaces, without the generated ones. */
  readonly tags: readonly string[];
  readonly data: Readonly<Record<string, DataValue>>;
  readonly context: Readonly<Record<string, string>>;
  readonly transforms: readonly Transform[];
  readonly output?: string;
  readonly sortIndex: number;
  readonly writeTimeout: Millis;
}

/** What templates may refer to besides the device. */
export interface Surroundings {
  readonly meta: PluginMeta;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The id such a device has below a plugin's id, when the plugin composes it in the usual way. Synse v3 §3.4. */
export const configuredId = (plugin: string, device: ConfiguredDevice): DeviceId =>
  deviceId(plugin, device.type, device.handler, dataComponent(device.data));

/**
 * Expands a device configuration of the original's format: any plugin's, not only the emulator's. Pure.
 * @param prototypes what its files hold below `devices`, in order; valid against `prototypeSchema`
 * @param path where the list stands
 * @returns every device that can be made sense of, and all that is wrong
 */
export function readDeviceConfig(
  prototypes: readonly Prototype[],
  path: Path,
  surroundings: Surroundings,
): { readonly devices: readonly ConfiguredDevice[]; readonly faults: readonly Fault[] } {
  const devices: ConfiguredDevice[] = [];
  const faults: Fault[] = [];
  for (const [i, prototype] of prototypes.entries()) {
    for (const [k, instance] of (prototype.instances ?? []).entries()) {
      const reader = new InstanceReader([...path, i, "instances", k], [...path, i], surroundings, faults);
      const device = reader.read(prototype, instance);
      if (device !== undefined) devices.push(device);
    }
  }
  return { devices, faults: saidOnce(faults) };
}

/** What is wrong with a prototype is found with each of its instances. */
const saidOnce = (faults: readonly Fault[]): readonly Fault[] => [
  ...new Map(faults.map((fault) => [JSON.stringify([fault.path, fault.message]), fault])).values(),
];

const templateRemedy = 'write `{{ env "NAME" }}`, or the text itself';
const aliasRemedy = 'write `{{ env "NAME" }}`, `{{ ctx "key" }}`, `{{ .Device.Type }}`, or the name itself';

/** Reads one instance; what is wrong goes to `faults`. */
export class InstanceReader {
  readonly #path: Path;
  readonly #parent: Path;
  readonly #surroundings: Surroundings;
  readonly #faults: Fault[];

  /** @param parent where its prototype stands; the instance itself when it has none */
  constructor(path: Path, parent: Path, surroundings: Surroundings, faults: Fault[]) {
    this.#path = path;
    this.#parent = parent;
    this.#surroundings = surroundings;
    this.#faults = faults;
  }

  /** @returns undefined when it has no type */
  read(prototype: Prototype, instance: Instance): ConfiguredDevice | undefined {
    const { merged, clashes } = inherit(prototype, instance);
    for (const clash of clashes)
      this.#fault(
        [...this.#path, ...clash],
        "is of another kind than what the prototype says",
        "write it as in the prototype, or `disableInheritance: true`",
      );
    const { type } = merged;
    if (type === undefined) {
      this.#fault(this.#path, "has no `type`", "add one here or to its prototype");
      return undefined;
    }
    const context = this.#context(merged, instance);
    const known = {
      path: this.#path,
      type,
      handler: merged.handler ?? type,
      info: merged.info ?? "",
      tags: this.#tags(merged, instance),
      data: merged.data,
      context,
      transforms: this.#transforms(merged, instance),
      ...(merged.output === undefined ? {} : { output: merged.output }),
      sortIndex: merged.sortIndex ?? 0,
      writeTimeout: this.#writeTimeout(merged, instance),
    };
    const alias = this.#alias(merged, known);
    return { ...known, ...(alias === undefined ? {} : { alias }) };
  }

  #context({ context }: Merged, instance: Instance): Readonly<Record<string, string>> {
    const { env } = this.#surroundings;
    return Object.fromEntries(
      Object.entries(context).map(([key, value]) => {
        const own = Object.hasOwn(instance.context ?? {}, key);
        const path = [...(own ? this.#path : this.#parent), "context", key];
        return [key, this.#render(plainText(value), { env }, path, templateRemedy) ?? ""];
      }),
    );
  }

  #tags({ tags }: Merged, instance: Instance): readonly string[] {
    const { env } = this.#surroundings;
    return tags.flatMap((written) => {
      const position = instance.tags?.indexOf(written) ?? -1;
      const path = [...(position < 0 ? this.#parent : this.#path), "tags"];
      const place = position < 0 ? path : [...path, position];
      const tag = this.#render(written, { env }, place, templateRemedy);
      if (tag === undefined) return [];
      if (parseTag(tag) !== undefined) return [fullTag(tag)];
      if (tag === written)
        this.#fault(
          place,
          `\`${tag}\` is no tag`,
          "write `namespace/annotation:label`, the first two if you like",
        );
      else
        this.#fault(
          place,
          `\`${written}\` becomes \`${tag}\`, which is no tag`,
          "set the variables it names",
        );
      return [];
    });
  }

  #transforms({ transforms }: Merged, instance: Instance): readonly Transform[] {
    // Those of the prototype come first, if they were inherited at all.
    const inherited = transforms.length - (instance.transforms?.length ?? 0);
    return transforms.flatMap((one, i) => {
      const own = i >= inherited;
      const path = own ? [...this.#path, "transforms", i - inherited] : [...this.#parent, "transforms", i];
      return this.#transform(one, path);
    });
  }

  #transform({ scale, apply }: Merged["transforms"][number], path: Path): readonly Transform[] {
    if ((scale === undefined) === (apply === undefined)) {
      this.#fault(path, "says not exactly one of `scale` and `apply`", "make an item of each");
      return [];
    }
    if (scale !== undefined) {
      const factor = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(scale) ? Number(scale) : 0;
      if (factor !== 0 && Number.isFinite(factor)) return factor === 1 ? [] : [scaled(factor)];
      this.#fault([...path, "scale"], `\`${scale}\` is no factor`, 'write a number but 0, such as "0.1"');
      return [];
    }
    const found = functions.get(apply ?? "");
    if (found !== undefined) return [found];
    const known = [...functions.keys()].join(", ");
    this.#fault([...path, "apply"], `there is no function \`${apply ?? ""}\``, `write one of ${known}`);
    return [];
  }

  #writeTimeout({ writeTimeout }: Merged, instance: Instance): Millis {
    if (writeTimeout === undefined) return defaultWriteTimeout;
    const span = parseGoSetting(writeTimeout);
    if (span !== undefined) return span === 0 ? defaultWriteTimeout : Math.max(1, span);
    const at = instance.writeTimeout === undefined ? this.#parent : this.#path;
    this.#fault([...at, "writeTimeout"], `\`${writeTimeout}\` is no duration`, "write `30s` or `1m30s`");
    return defaultWriteTimeout;
  }

  #alias({ alias }: Merged, device: Omit<ConfiguredDevice, "alias">): string | undefined {
    const { env, meta } = this.#surroundings;
    const written = alias?.name ?? "";
    const path = [...this.#path, "alias", written === "" ? "template" : "name"];
    const scope = { env, context: device.context, fields: fieldsOf(meta, device) };
    const name = written === "" ? this.#render(alias?.template ?? "", scope, path, aliasRemedy) : written;
    if (name === undefined || name === "") return undefined;
    if (new RegExp(namePattern).test(name)) return name;
    this.#fault(path, `\`${name}\` cannot be an alias`, "use letters, digits, `.`, `_` and `-` only");
    return undefined;
  }

  /** @returns undefined when it cannot be understood */
  #render(template: string, scope: TemplateScope, path: Path, remedy: string): string | undefined {
    const { text, fault } = renderTemplate(template, scope);
    if (fault !== undefined) this.#fault(path, fault, remedy);
    return text;
  }

  #fault(path: Path, message: string, remedy: string): void {
    this.#faults.push({ path, message, remedy });
  }
}

/** As the original turns what is no text into text. Synse v3 §7.1. */
const plainText = (value: string | number | boolean | null): string =>
  typeof value === "boolean" ? (value ? "1" : "0") : value === null ? "" : String(value);

/** What `.Meta` and `.Device` say of a device whose id and alias are not known yet. */
function fieldsOf(
  meta: PluginMeta,
  device: Omit<ConfiguredDevice, "alias">,
): Readonly<Record<string, string>> {
  const values = (name: string, of: Readonly<Record<string, DataValue>>): (readonly [string, string])[] =>
    Object.entries(of).map(([key, value]) => [`Device.${name}.${key}`, dataComponent({ value })]);
  return Object.fromEntries([
    ["Meta.Name", meta.name],
    ["Meta.Maintainer", meta.maintainer],
    ["Meta.Description", meta.description],
    ["Meta.VCS", meta.vcs],
    ["Meta.Tag", pluginTag(meta.maintainer, meta.name)],
    ["Device.Type", device.type],
    ["Device.Info", device.info],
    ["Device.Handler", device.handler],
    ["Device.SortIndex", String(device.sortIndex)],
    ["Device.Output", device.output ?? ""],
    ...values("Data", device.data),
    ...values("Context", device.context),
  ] as const);
}
