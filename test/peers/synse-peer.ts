// A Synse plugin made with Debian's python3-grpcio, in a process of its own, and sites that use it.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../devices/clock.ts";
import type { Device } from "../../devices/device.ts";
import { silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { protoFile } from "../../plugins/synse/proto.ts";
import { synse } from "../../plugins/synse/index.ts";
import { faultText, readConfig } from "../../server/config.ts";
import { createSite, type Site } from "../../server/site.ts";

const script = fileURLToPath(new URL("synse-plugin.py", import.meta.url));

export interface Peer {
  /** Of TCP; 1 for sockets. */
  readonly port: number;
  /** Gives a command and waits until it is in force. */
  tell(command: string): Promise<void>;
  die(): Promise<void>;
}

/** @param args as the script takes them, behind the .proto */
export async function startPeer(t: TestContext, ...args: readonly string[]): Promise<Peer> {
  const child: ChildProcessWithoutNullStreams = spawn("/usr/bin/python3", [script, protoFile, ...args]);
  const gone = once(child, "exit");
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const end = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  t.after(end);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]() as AsyncIterator<string, undefined>;
  const next = async (): Promise<string> => {
    const line = await lines.next();
    assert.ok(line.value !== undefined, `the peer ended: ${errors}`);
    return line.value;
  };
  const [, port] = (await next()).split(" ");
  return {
    port: Number(port),
    tell: async (command) => {
      child.stdin.write(`${command}\n`);
      assert.equal(await next(), `done ${command}`);
    },
    die: end,
  };
}

/** A running site with these buses; everything happens often, and who answers late is waited for. */
export function startSite(
  t: TestContext,
  buses: Readonly<Record<string, object>>,
  devices: readonly object[] = [],
): Site {
  const often = { timeout: "10s", poll: "500ms", refresh: "5s", health: "1s" };
  const all: Record<string, object> = {};
  for (const [name, bus] of Object.entries(buses)) all[name] = { plugin: "synse", ...often, ...bus };
  const text = JSON.stringify({ site: { id: "test" }, buses: all, devices });
  const { config, plans, faults } = readConfig(text, "test.yaml", [synse], {});
  assert.deepEqual(faults.map(faultText), []);
  assert.ok(config !== undefined);
  const site = createSite(config, plans, { clock: systemClock, log: silentLog, plugins: [synse] });
  site.start();
  t.after(() => site.stop());
  return site;
}

/** Waits for something of a site; looks whenever readings or devices change. */
export async function until<T>(site: Site, look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        stopReadings();
        stopDevices();
        cancel();
        resolve();
      };
      const stopReadings = site.store.subscribe(wake);
      const stopDevices = site.registry.onChange(wake);
      // What no reading tells, e.g. that a plugin is listed.
      const cancel = systemClock.at(systemClock.monotonic() + 50, wake);
    });
  }
}

export const deviceOf = (site: Site, alias: string): Promise<Device> =>
  until(site, () => site.registry.get(alias));

/** Waits until the readings of a device are as wanted. */
export const untilReadings = (
  site: Site,
  alias: string,
  wanted: (readings: readonly Reading[]) => boolean,
): Promise<readonly Reading[]> =>
  until(site, () => {
    const device = site.registry.get(alias);
    const readings = device === undefined ? [] : site.store.latest(device.id);
    return readings.length > 0 && wanted(readings) ? readings : undefined;
  });

export const shown = (readings: readonly Reading[]): readonly unknown[] =>
  readings.map((reading) => (reading.quality === "bad" ? reading.reason.code : reading.value));

export const shows =
  (...values: readonly unknown[]) =>
  (readings: readonly Reading[]): boolean =>
    JSON.stringify(shown(readings).map(String)) === JSON.stringify(values.map(String));
