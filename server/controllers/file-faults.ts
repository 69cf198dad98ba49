import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { bind, type Publisher } from "../../controllers/runtime/binding.ts";
import { completeSettings } from "../../controllers/runtime/settings.ts";
import { type Shape, shapeOf } from "../../controllers/runtime/shape.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Fault, LinkPlan, Path } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import type { Loader } from "./loader.ts";
import { type ControllerSection, isFile } from "./section.ts";

export interface FileFaultsDeps {
  readonly loader: Loader;
  /** What files are relative to. */
  readonly folder: string;
  /** What the site's lines would give; empty when that is not known. */
  readonly plans: readonly Pick<LinkPlan, "devices" | "later">[];
}

type Entry = Readonly<Record<string, unknown>>;
type Named = Publisher & { readonly shape: Shape; readonly section: ControllerSection };

const isEntry = (value: unknown): value is Entry =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * What is wrong with the controllers of a configuration that only shows when their files are loaded, in threads of their
 * own, and bound to the site's devices. Nothing is commanded.
 * @param section of any shape: what is wrong with that is said elsewhere
 */
export async function controllerFileFaults(
  section: unknown,
  deps: FileFaultsDeps,
): Promise<readonly Fault[]> {
  if (!isEntry(section)) return [];
  const faults: Fault[] = [];
  const loaded: Named[] = [];
  for (const [name, entry] of Object.entries(section)) {
    if (!isEntry(entry) || typeof entry["use"] !== "string") continue;
    const { use } = entry;
    const known = shipped.find((one) => one.name === use);
    const made = isFile(use)
      ? await loadedFrom(["controllers", name], use, entry["settings"], deps)
      : known && { shape: shapeOf(known), faults: [] };
    faults.push(...(made?.faults ?? []));
    if (made?.shape !== undefined)
      loaded.push({ name, shape: made.shape, section: entry as ControllerSection });
  }
  return [...faults, ...bindingFaults(loaded, deps.plans)];
}

interface Made {
  readonly shape?: Shape;
  readonly faults: readonly Fault[];
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
      return { shape, faults: await settingFaults([...path, "settings"], settings, host) };
    } finally {
      await host.close();
    }
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, file);
    const remedy = `mend ${file}; \`bothy controller test\` tries it`;
    return { faults: [{ path: at, message: String(params["fault"] ?? message), remedy }] };
  }
}

async function settingFaults(
  path: Path,
  settings: unknown,
  host: Awaited<ReturnType<Loader["open"]>>,
): Promise<readonly Fault[]> {
  if (settings !== undefined && !isEntry(settings)) return [];
  try {
    await host.configure(completeSettings(host.shape, settings ?? {}));
    return [];
  } catch (thrown) {
    const { message, params } = asBothyError(thrown, "its settings");
    const remedy = "change the settings it names: `settings` in its file says what fits";
    return [{ path, message: String(params["fault"] ?? message), remedy }];
  }
}

/** What leaves an input or an output with nothing. Devices only known once a line is open may still be bound. */
function bindingFaults(all: readonly Named[], plans: FileFaultsDeps["plans"]): readonly Fault[] {
  const registry = new Registry();
  registry.add(plans.flatMap(({ devices }) => devices));
  const complete = plans.length > 0 && plans.every(({ later }) => later === undefined);
  return all.flatMap(({ name, shape, section }) => {
    const { inputs, outputs, faults } = bind(name, shape, section, registry, all);
    const bound = new Set([
      ...inputs.map(({ input }) => `inputs.${input}`),
      ...outputs.map(({ output }) => `outputs.${output}`),
    ]);
    return faults
      .filter(({ path }) => !bound.has(path.join(".")))
      .filter(({ message }) => complete || !message.startsWith("nothing is bound"))
      .filter(({ message }) => isFile(section.use) || !/ has no (?:input|output) `/.test(message))
      .map(({ path, message, remedy }) => ({ path: ["controllers", name, ...path], message, remedy }));
  });
}
