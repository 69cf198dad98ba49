import type { TestContext } from "node:test";
import type { ControllersConfig, ControllerEvent, ControllerRuntime } from "../../controllers/runtime/api.ts";
import type { StepTrace } from "../../controllers/runtime/frame.ts";
import { type ControllerDeps, createControllers } from "../../controllers/runtime/runtime.ts";
import type { Keeper } from "../../devices/keeper.ts";
import { Link } from "../../devices/link.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { type Log, silentLog } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { Writer } from "../../devices/writer.ts";
import { speed, Table, type TableDevice, tablePlugin } from "./table-plugin.ts";
import { settle, TestClock } from "./test-clock.ts";

/** A probe and two fans of one zone, as most tests of controllers need them. */
export const zoneDevices: readonly TableDevice[] = [
  { alias: "inlet", type: "temperature", outputs: [["temperature"]], tags: ["zone:cold"] },
  { alias: "fan-a", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["zone:cold"] },
  { alias: "fan-b", type: "fan", outputs: [["duty"]], actions: [speed], tags: ["zone:cold"] },
];

export interface ControlSite {
  readonly table: Table;
  readonly clock: TestClock;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly controllers: ControllerRuntime;
  readonly events: ControllerEvent[];
  readonly traces: (StepTrace & { readonly controller: string })[];
  readonly link: Link;
  /** Ends all of it. */
  readonly stop: () => ReturnType<ControllerRuntime["stop"]>;
  /** As when the process is killed: nothing is told any more. */
  readonly kill: () => void;
  /** What hardware holds. */
  readonly duty: (alias?: string) => unknown;
  /** The values and slots of an action's filled slots, the strongest first. */
  readonly slots: (alias?: string) => readonly (readonly [slot: number, value: unknown])[];
}

export interface ControlSiteOptions {
  readonly devices?: readonly TableDevice[];
  /** On another bus, `u`; their hardware is the same table. */
  readonly others?: readonly TableDevice[];
  readonly table?: Table;
  readonly keeper?: Keeper;
  readonly clock?: TestClock;
  readonly parts?: Partial<ControllerDeps>;
  readonly log?: Log;
}

/** A started site of one table whose controllers run on the test clock; ended with the test. */
export async function controlSite(
  t: Pick<TestContext, "after">,
  config: ControllersConfig,
  options: ControlSiteOptions = {},
): Promise<ControlSite> {
  const { clock = new TestClock(), log = silentLog, table = new Table(), keeper } = options;
  const registry = new Registry();
  const store = new ReadingStore({ clock, log });
  const busOf = (name: string, devices: readonly TableDevice[]): Link => {
    const plan = tablePlugin(table).plan({
      site: { id: "hut", tags: [] },
      name,
      link: { path: ["buses", name], config: {} },
      devices: devices.map((device, i) => ({ path: ["devices", i], config: device })),
      products: [],
    });
    return new Link(plan, { clock, log, registry, store, memory: newMemory() });
  };
  const link = busOf("t", options.devices ?? zoneDevices);
  const other = busOf("u", options.others ?? []);
  const kept = keeper === undefined ? {} : { keeper };
  const writer = new Writer({
    clock,
    log,
    registry,
    store,
    ...kept,
    links: (name) => (name === "t" ? link : name === "u" ? other : undefined),
  });
  const controllers = createControllers(config, {
    ...{ clock, log, registry, store, writer, ...kept },
    localHour: () => 12,
    ...options.parts,
  });
  const events: ControllerEvent[] = [];
  const traces: (StepTrace & { controller: string })[] = [];
  controllers.onEvent((event) => events.push(event));
  controllers.onTrace((controller, trace) => traces.push({ ...trace, controller }));
  link.start();
  other.start();
  writer.start();
  await settle();
  await controllers.start();
  await settle();
  let stopped: ReturnType<ControllerRuntime["stop"]> | undefined;
  const stop = async (): ReturnType<ControllerRuntime["stop"]> => {
    stopped ??= controllers.stop().finally(async () => {
      writer.stop();
      await Promise.all([link.stop(), other.stop()]);
      store.stop();
    });
    return stopped;
  };
  t.after(async () => {
    const stopping = stop();
    await clock.advance(12_000);
    await stopping;
  });
  return {
    ...{ table, clock, registry, store, writer, controllers, events, traces, link, stop },
    kill: () => {
      stopped = Promise.resolve({ undone: [] });
      writer.stop();
      void link.stop();
      void other.stop();
      store.stop();
    },
    duty: (alias = "fan-a") => table.values.get(`${alias}/duty`),
    slots: (alias = "fan-a") =>
      (writer.array(alias)[0]?.entries ?? []).map(({ slot, value }) => [slot, value]),
  };
}
