import type { TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import type { Host } from "../../controllers/runtime/host.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import type { Bundle, Source } from "../../controllers/runtime/source.ts";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import { recordSteps } from "../../controllers/trace/recorder.ts";
import { Trace } from "../../controllers/trace/trace.ts";
import { VersionStore } from "../../controllers/versions/store.ts";
import { Versions } from "../../controllers/versions/versions.ts";
import { silentLog } from "../../devices/plugin.ts";
import { type ControlSite, controlSite } from "../support/control-site.ts";
import { Table, type TableDevice, speed } from "../support/table-plugin.ts";
import { TestClock } from "../support/test-clock.ts";
import { simple } from "./second-version.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["point:inlet"] },
];

export const by = { who: "ann", why: "to see" };
export const shipped: readonly Definition[] = [simple("1.0.0"), { ...simple("2.0.0"), name: "other" }];
export const configured: Source = { kind: "shipped", name: "simple" };
export const configuredId = "simple@1.0.0";

/** A text that stands for a version of `simple`: its number, and how many steps it makes before it throws. */
export const bundleOf = (version: string, steps = Infinity): Bundle => {
  const text = `${version} ${steps}`;
  return { kind: "bundle", file: "mine.ts", text, hash: `hash-of-${text}`, map: "{}" };
};

/** What a source stands for, in this thread. */
export function hostOf(source: Source): Host {
  if (source.kind === "definition") return new InlineHost(source.definition);
  if (source.kind === "shipped") return new InlineHost(shipped.find(({ name }) => name === source.name)!);
  const [, version = "", steps = ""] = /(\d+\.\d+\.\d+) (\w+)/.exec(source.text) ?? [];
  let made = 0;
  return new InlineHost(
    simple(version, (value) => {
      if (++made > Number(steps)) throw new Error("no more");
      return value;
    }),
  );
}

export interface VersionedSite extends ControlSite {
  readonly versions: Versions;
  /** What it began with. */
  readonly source: Source;
}

export interface VersionedOptions {
  readonly clock?: TestClock;
  readonly configured?: Source;
  /** Told of every write to the disk, of code that is loaded, and of versions that are put in force. */
  readonly phase?: (name: string) => void;
}

/** A site with one controller, `zone`, whose versions are kept in a folder. */
export async function versionedSite(
  t: Pick<TestContext, "after">,
  folder: string,
  { clock = new TestClock(), phase = () => undefined, ...options }: VersionedOptions = {},
): Promise<VersionedSite> {
  const log = silentLog;
  const store = new VersionStore({ clock, log, folder, phase });
  const trace = new Trace<Recorded>({ clock, log }, {});
  const open = (source: Source): Promise<Host> => {
    phase("load");
    return Promise.resolve(hostOf(source));
  };
  const versions = new Versions({ clock, log, store, trace, shipped, openHost: open });
  const source = versions.sourceAtStart("zone", options.configured ?? configured);
  const table = new Table();
  table.values.set("probe/temperature", 25);
  table.values.set("fan-1/duty", 40);
  const site = await controlSite(
    t,
    { zone: { use: source } },
    { devices, table, clock, parts: { shipped, open } },
  );
  recordSteps(site.controllers, trace);
  site.controllers.onEvent(({ kind }) => {
    if (kind === "swapped" || kind === "rolled back") phase(kind);
  });
  versions.follow(site.controllers);
  versions.started();
  t.after(() => versions.close());
  const kill = (): void => {
    site.kill();
    // Nothing of it is left that waits for its clock.
    void versions.close();
  };
  return { ...site, kill, versions, source };
}
