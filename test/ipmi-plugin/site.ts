import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { newMemory } from "../../devices/link-memory.ts";
import type { Log, Plugin } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { ipmi } from "../../plugins/ipmi/index.ts";
import { type BmcOptions, createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { createSite, type Site } from "../../server/site.ts";
import type { State } from "../../server/state/state.ts";

export const plugins = [ipmi as unknown as Plugin];

/** A simulated BMC on a socket of its own, whose server is quick. */
export async function startBmc(
  t: TestContext,
  options: Partial<BmcOptions> = {},
): Promise<{ readonly bmc: SimulatedBmc; readonly port: number }> {
  const timing = { relay: [20, 40], boot: [50, 60], shutdown: [50, 60], pause: [1000, 1100] } as const;
  const bmc = createBmc({ clock: systemClock, timing, period: 50, ...options });
  const served = await serveBmcs({ bmcs: [bmc] });
  t.after(async () => {
    await served.close();
    bmc.close();
  });
  return { bmc, port: served.endpoints[0]?.port ?? 0 };
}

export interface TestSite {
  readonly site: Site;
  /** Lines of the log, each with its level in front. */
  readonly said: readonly string[];
  reading(alias: string, output: string, channel?: string): Reading | undefined;
  /** Resolves with a reading that fits; waits as long as the test may take. */
  until(alias: string, output: string, fits: (reading: Reading) => boolean): Promise<Reading>;
  /** Writes like an operator. @returns the transaction once it has ended: its status, code and message */
  write(device: string, action: string, data?: string): Promise<string>;
  stop(): Promise<void>;
}

export interface SiteOptions {
  /** What its devices say besides `bus` and `address`. */
  readonly devices: readonly object[];
  readonly bus?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly state?: State;
}

/** A running site with one bus of BMCs, `bmcs`. */
export function startSite(t: TestContext, { devices, bus = {}, env = {}, state }: SiteOptions): TestSite {
  const config = {
    site: { id: "hut-17", tags: ["site/hut-17"] },
    buses: {
      bmcs: {
        plugin: "ipmi",
        user: "operator",
        password: { env: "PASSWORD" },
        timeout: "100ms",
        poll: { fast: "500ms", slow: "5s" },
        ...bus,
      },
    },
    devices: devices.map((device) => ({ bus: "bmcs", ...device })),
  };
  const read = readConfig(JSON.stringify(config), "site.yaml", plugins, { PASSWORD: "oper-pass", ...env });
  assert.deepEqual(read.faults.map(faultText), []);
  assert.ok(read.config !== undefined);
  const said: string[] = [];
  const hear =
    (level: string): Log["info"] =>
    (_fields, text) =>
      void said.push(`${level} ${text}`);
  const log = { debug: hear("debug"), info: hear("info"), warn: hear("warn"), error: hear("error") };
  const deps = { clock: systemClock, log, plugins };
  const site = createSite(read.config, read.plans, state === undefined ? deps : { ...deps, state });
  site.start();
  t.after(() => site.stop());
  return {
    site,
    said,
    reading: (alias, output, channel) =>
      site.store
        .latest(site.registry.get(alias)?.id ?? "")
        .find(({ id }) => id.output === output && id.channel === channel),
    until: (alias, output, fits) => untilReading(t, site, alias, output, fits),
    write: async (device, action, data) => {
      const { id } = site.writer.submit({
        ...{ device, action, slot: 8, who: "ann", why: "test" },
        ...(data === undefined ? {} : { data }),
      });
      const { status, message, reason } = await site.writer.wait(id);
      return [status, reason?.code, message].filter((part) => part !== undefined).join(" ");
    },
    stop: () => site.stop(),
  };
}

function untilReading(
  t: TestContext,
  { registry, store }: Site,
  alias: string,
  output: string,
  fits: (reading: Reading) => boolean,
): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const id = registry.get(alias)?.id;
      const found =
        id === undefined ? undefined : store.latest(id).find((one) => one.id.output === output && fits(one));
      if (found === undefined) return;
      unsubscribe();
      resolve(found);
    };
    const unsubscribe = store.subscribe(() => queueMicrotask(look));
    t.signal.addEventListener("abort", () => reject(new Error(`${alias} ${output} never fitted`)), {
      once: true,
    });
    look();
  });
}

export const shows = (value: unknown) => (reading: Reading) =>
  reading.quality !== "bad" && reading.value === value;
export const isBad = (code: string) => (reading: Reading) =>
  reading.quality === "bad" && reading.reason.code === code;
export const isGood = ({ quality }: Reading): boolean => quality === "good";
export { newMemory };
