import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Action, isWritable, valuesOf } from "../../devices/device.ts";
import { type Connection, type LinkPlan, noSite, type Plugin, silentLog } from "../../devices/plugin.ts";
import { newMemory } from "../../devices/link-memory.ts";
import { valueKey } from "../../devices/value-id.ts";
import { TestClock } from "../support/test-clock.ts";
import { asking, checkDevice, checkReading, keys, planned, rejects } from "./suite.ts";

interface Bench {
  readonly plan: LinkPlan;
  readonly config: string;
  readonly open: () => Promise<Connection>;
}

/** Something that can be written, by the device's alias, and what its first output shows then. */
export interface LocalWrite {
  readonly alias: string;
  readonly action: string;
  readonly value: string;
}

/**
 * What the runtime relies on, of a plugin behind which there is no line: nobody can be silent, nothing can be cut.
 * @param config a configuration with one bus
 */
export function localContract<L, D, P>(typed: Plugin<L, D, P>, config: string, write: LocalWrite): void {
  const plugin = typed as Plugin;
  const promise = (what: string, run: (bench: Bench, t: TestContext) => Promise<void>): void => {
    test(`${plugin.name}: ${what}`, async (t) => {
      const plan = planned(plugin, config);
      const stop = new AbortController();
      const clock = new TestClock();
      const opened: Connection[] = [];
      t.after(() => Promise.all(opened.map((connection) => connection.close())));
      const open = async (): Promise<Connection> => {
        const deps = { ...noSite, clock, log: silentLog, memory: newMemory(), signal: stop.signal };
        const connection = await plan.open(deps);
        opened.push(connection);
        return connection;
      };
      await run({ plan, config, open }, t);
    });
  };

  promise("planning twice gives the same devices, complete and consistent", ({ plan }) => {
    assert.deepEqual(planned(plugin, config).devices, plan.devices);
    for (const device of plan.devices) checkDevice(device, plan.name);
    assert.equal(new Set(plan.devices.map(({ id }) => id)).size, plan.devices.length);
    return Promise.resolve();
  });

  promise("every value is in one poll, and each poll answers for its own values", async ({ plan, open }) => {
    const connection = await open();
    const polled = connection.polls.flatMap(({ values }) => values.map(valueKey));
    assert.deepEqual(polled.sort(), plan.devices.flatMap(valuesOf).map(valueKey).sort());
    for (const poll of connection.polls) {
      const readings = await connection.read(poll, asking());
      assert.deepEqual(keys(readings), keys(poll.values.map((id) => ({ id }))));
      for (const reading of readings) checkReading(reading);
    }
  });

  promise("a write returns what is shown then; a stranger's or a reader's is an error", async (bench) => {
    const connection = await bench.open();
    const device = bench.plan.devices.find(({ alias }) => alias === write.alias);
    assert.ok(device !== undefined);
    const action: Action = {
      name: write.action,
      kind: "pulse",
      accepts: { kind: "text", maxLength: 100 },
      storage: "ram",
    };
    const command = { device: device.id, action, value: write.value };
    const { signal } = new AbortController();
    const readings = (await connection.write?.(command, signal)) ?? [];
    assert.deepEqual(keys(readings), valuesOf(device).map(valueKey).sort());
    assert.ok(readings[0]?.quality === "good" && String(readings[0].value) === write.value);
    await rejects(connection.write?.({ ...command, device: "nobody" }, signal), "NOT_FOUND");
    const unknown = { ...command, action: { ...action, name: "what is not there" } };
    await rejects(connection.write?.(unknown, signal));
    for (const other of bench.plan.devices.filter((one) => !isWritable(one)))
      await rejects(connection.write?.({ ...command, device: other.id }, signal), "NOT_WRITABLE");
  });

  promise(
    "what is aborted, or asked after the end, rejects with STOPPED; closing twice is nothing",
    async (bench) => {
      const connection = await bench.open();
      const [poll] = connection.polls;
      assert.ok(poll !== undefined);
      await rejects(connection.read(poll, asking(AbortSignal.abort())), "STOPPED");
      await Promise.all([connection.close(), connection.close()]);
      await rejects(connection.read(poll, asking()), "STOPPED");
      assert.equal(await connection.closed, undefined);
    },
  );

  promise("it can be opened again, with the same polls", async ({ open }) => {
    const first = await open();
    await first.close();
    const second = await open();
    assert.deepEqual(second.polls, first.polls);
    assert.ok((await second.read(second.polls[0]!, asking())).length > 0);
  });
}
