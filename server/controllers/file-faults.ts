import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Entry, isEntry } from "../../devices/entry.ts";
import { bind } from "../../controllers/runtime/bind.ts";
import {
  type Binding,
  type BindingFault,
  circleFault,
  failSafeFaults,
  ownerFaults,
  type Publisher,
  stepOrder,
} from "../../controllers/runtime/binding.ts";
import type { Definition } from "../../controllers/contract.ts";
import { completeSettings } from "../../controllers/runtime/settings.ts";
import { type Shape, shapeOf } from "../../controllers/runtime/shape.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { LinkPlan, Path } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import type { CheckFault } from "../config-check.ts";
import { heartbeatFaults, hungryNotes } from "./heartbeat-faults.ts";
import type { Loader } from "./loader.ts";
import { aloneNotes, namesOf, profilesOf } from "./profile-faults.ts";
import { type ControllerSection, isFile } from "./section.ts";

export interface FileFaultsDeps {
  readonly loader: Loader;
  /** What files are relative to. */
  readonly folder: string;
  /** What the site's lines would give; empty when that is not known. */
  readonly plans: readonly Pick<LinkPlan, "devices" | "later">[];
  /** The section of profiles, of any shape; absent: there is none. */
  readonly profiles?: unknown;
}

type Named = Publisher & {
  readonly shape: Shape;
  readonly section: ControllerSection;
  readonly failSafe: Entry;
  readonly profiles?: readonly string[];
};

/**
 * What is wrong with the controllers of a configuration that only shows when their files are loaded, in threads of their
 * own, and bound to the site's devices. Nothing is commanded.
 * @param section of any shape: what is wrong with that is said elsewhere
 */
export async function controllerFileFaults(
  section: unknown,
  deps: FileFaultsDeps,
): Promise<readonly CheckFault[]> {
  if (!isEntry(section)) return [];
  const faults: CheckFault[] = [];
  const loaded: Named[] = [];
  for (const [name, entry] of Object.entries(section)) {
    if (!isEntry(entry) || typeof entry["use"] !== "string") continue;
    const { use } = entry;
    const known = shipped.find((one) => one.name === use);
    const made = isFile(use)
      ? await loadedFrom(["controllers", name], use, entry["settings"], deps)
      : known && { shape: shapeOf(known), faults: [], failSafe: failSafeOf(known, entry["settings"]) };
    faults.push(...(made?.faults ?? []));
    const profiles = profilesOf(entry);
    if (made?.shape !== undefined)
      loaded.push({
        ...{ name, shape: made.shape, section: entry as ControllerSection },
        failSafe: made.failSafe ?? {},
        ...(profiles === undefined ? {} : { profiles }),
      });
  }
  return [...faults, ...bindingFaults(loaded, deps)];
}

interface Made {
  readonly shape?: Shape;
  readonly failSafe?: Entry;
  readonly faults: readonly CheckFault[];
}

/** What one that comes with Bothy leaves behind; nothing when its settings are wrong, which is told elsewhere. */
function failSafeOf(definition: Definition, settings: unknown): Entry {
  const { failSafe } = definition;
  if (typeof failSafe !== "function") return failSafe;
  try {
    return failSafe(completeSettings(definition, isEntry(settings) ? settings : {}));
  } catch {
    return {};
  }
}

async function loadedFrom(
  path: Path,
  use: string,
  settings: unknown,
  { loader, folder }: FileFaultsDeps,
): Promise<Made> {
  const file = resolve(folder, use);
  const at = [...path, "use"];
  if (!existsSync(file)) {
    const remedy = "correct its name, relative to this file; `bothy controller new NAME` writes one";
    return { faults: [{ path: at, message: `${file} is not there`, remedy }] };
  }
  try {
    const host = await loader.open(await loader.bundle(file), { name: String(path.at(-1)) });
    try {
      const { shape } = host;
      return { shape, ...(await configured([...path, "settings"], settings, host)) };
    } finally {
      await host.close();
    }
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, file);
    const remedy = `mend ${file}; \`bothy controller test\` tries it`;
    return { faults: [{ path: at, message: String(params["fault"] ?? message), remedy }] };
  }
}

async function configured(
  path: Path,
  settings: unknown,
  host: Awaited<ReturnType<Loader["open"]>>,
): Promise<Omit<Made, "shape">> {
  if (settings !== undefined && !isEntry(settings)) return { faults: [] };
  try {
    const { failSafe } = await host.configure(completeSettings(host.shape, settings ?? {}));
    return { faults: await initFaults(path, host), failSafe };
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, "its settings");
    const remedy = "change the settings it names: `settings` in its file says what fits";
    return { faults: [{ path, message: String(params["fault"] ?? message), remedy }] };
  }
}

async function initFaults(
  path: Path,
  host: Awaited<ReturnType<Loader["open"]>>,
): Promise<readonly CheckFault[]> {
  try {
    await host.init();
    return [];
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, "its `init`");
    const remedy = "mend `init` in its file, or change the settings: it gives the state to begin with";
    return [{ path, message: `its \`init\` fails: ${String(params["fault"] ?? message)}`, remedy }];
  }
}

/** What leaves an input or an output with nothing. Devices only known once a line is open may still be bound: a note. */
function bindingFaults(
  all: readonly Named[],
  { plans, profiles }: Pick<FileFaultsDeps, "plans" | "profiles">,
): readonly CheckFault[] {
  const registry = new Registry();
  registry.add(plans.flatMap(({ devices }) => devices));
  const later = plans.length === 0 ? undefined : plans.flatMap((plan) => plan.later ?? []);
  const bindings = all.filter(isBindable).map((one) => ({
    ...one,
    ...bind(one.name, one.shape, one.section, registry, all),
  }));
  const { circles } = stepOrder(bindings);
  const misfits = bindings.flatMap(({ name, outputs, failSafe }) => failSafeFaults(name, outputs, failSafe));
  const between = [...circles.map(circleFault), ...once(ownerFaults(bindings)), ...misfits].map(
    ({ controller, path, message, remedy }) => ({
      path: ["controllers", controller, ...path],
      message,
      remedy,
    }),
  );
  const names = namesOf(profiles);
  const notes = [...aloneNotes(bindings, names), ...hungryNotes(bindings, names, registry)];
  return [...bindings.flatMap((one) => ownFaults(one, registry, later)), ...between, ...notes];
}

/** Whether its tags are lists of texts: what is wrong with them otherwise is said elsewhere. */
function isBindable({ section: { where, inputs, outputs } }: { readonly section: Entry }): boolean {
  const areTags = (tags: unknown): boolean =>
    tags === undefined || (Array.isArray(tags) && tags.every((tag) => typeof tag === "string"));
  const areNamed = (named: unknown): boolean =>
    named === undefined || (isEntry(named) && Object.values(named).every(areTags));
  return areTags(where) && areNamed(inputs) && areNamed(outputs);
}

/** Two controllers that share a tray of fans share all of them: that is one fault. */
function once(faults: readonly BindingFault[]): readonly BindingFault[] {
  const groups = new Map<string, BindingFault[]>();
  for (const fault of faults) {
    const key = [fault.controller, ...fault.path, fault.message.replace(/^\S+ /, "")].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const more = others.length === 0 ? "" : ` (so have ${others.length} more)`;
    return [{ ...first, message: `${first.message}${more}` }];
  });
}

/** @param later whose devices are only known once they answered; undefined: nothing is known of any */
function ownFaults(
  { name, shape, section, inputs, outputs, faults }: Named & Binding,
  registry: Registry,
  later: readonly string[] | undefined,
): readonly CheckFault[] {
  const bound = new Set([
    ...inputs.map(({ input }) => `inputs.${input}`),
    ...outputs.map(({ output }) => `outputs.${output}`),
  ]);
  const bindable = faults
    .filter(({ path }) => !bound.has(path.join(".")))
    .filter(({ kind }) => isFile(section.use) || kind !== "unknown");
  const unbound = [...bindable, ...heartbeatFaults(section, registry)].flatMap((fault) =>
    fault.kind === "unbound" ? untilKnown(fault, later) : [fault],
  );
  return [...unbound, ...limitFaults(shape, outputs)].map(({ path, ...rest }) => ({
    path: ["controllers", name, ...path],
    message: rest.message,
    remedy: rest.remedy,
    ...("isNote" in rest ? { isNote: true } : {}),
  }));
}

/** What is bound to nothing may be bound to what is not known yet. */
function untilKnown(
  { path, message, remedy }: Pick<CheckFault, "path" | "message" | "remedy">,
  later: readonly string[] | undefined,
): readonly Pick<CheckFault, "path" | "message" | "remedy" | "isNote">[] {
  if (later === undefined) return [];
  if (later.length === 0) return [{ path, message, remedy }];
  const whose = later.join(", ");
  return [
    {
      path,
      message: `${message}, unless ${whose} ${later.length === 1 && /^1 /u.test(whose) ? "has" : "have"} it`,
      remedy: `\`bothy controller alarms\` tells once the site runs; if not, ${remedy}`,
      isNote: true,
    },
  ];
}

/** Limits of outputs that cannot be kept: faster than it steps, or wider than the device's range. */
function* limitFaults(
  { period, outputs: specs }: Shape,
  outputs: Binding["outputs"],
): Generator<{ readonly path: Path; readonly message: string; readonly remedy: string }> {
  for (const [name, { refresh, deadband }] of Object.entries(specs)) {
    const path = ["outputs", name];
    if (refresh !== undefined && refresh < period)
      yield {
        path,
        message: `it is to be sent anew every ${refresh / 1000} s, but a step is made only every ${period / 1000} s`,
        remedy: "lengthen `refresh` of the output, or shorten `period`",
      };
    for (const { output, name: device, action, accepts } of outputs) {
      if (output !== name || accepts.kind !== "number" || deadband === undefined) continue;
      if (deadband >= accepts.max - accepts.min)
        yield {
          path,
          message: `smaller changes than ${deadband} are not sent, and ${device} ${action} takes only ${accepts.min}..${accepts.max}`,
          remedy: "make `deadband` of the output smaller",
        };
    }
  }
}
