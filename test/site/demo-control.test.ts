// The demonstration's controllers, over real wires: they are soon trusted, and find what fails.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { valueOf } from "../../devices/reading.ts";
import { plugins } from "../../plugins/index.ts";
import { type Demo, startDemo } from "../../server/demo.ts";

const timeout = 300_000;

async function demo(t: TestContext): Promise<Demo> {
  const started = await startDemo({
    clock: systemClock,
    log: silentLog,
    plugins: [...plugins.values()],
    listen: { port: 0 },
  });
  t.after(() => started.stop());
  return started;
}

/** Resolves when it is so; looked at with every reading that comes. */
function until({ served: { site } }: Demo, so: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!so()) return;
      stop();
      resolve();
    };
    const stop = site.store.subscribe(look);
    look();
  });
}

test("controllers keep the demonstration's site through its faults", { timeout }, async (t) => {
  const running = await demo(t);
  const { simulated, served } = running;
  const { site } = served;
  const of = (name: string) => site.controllers.running?.get(name);
  const alarms = (name: string): readonly string[] => of(name)?.alarms.map(({ id }) => id) ?? [];
  const duty = (fan: number): number => {
    const { id } = site.registry.get(`tray-a.fan-${fan}`) ?? assert.fail();
    const found = site.store.latest(id).find((one) => one.id.output === "duty");
    return Number(valueOf(found) ?? NaN);
  };
  const all = (): readonly string[] => (site.controllers.running?.list() ?? []).map(({ mode }) => mode);

  await t.test("they begin in fail-safe and are soon trusted", async () => {
    await until(running, () => all().length > 0);
    await until(running, () => all().every((mode) => mode === "automatic"));
    assert.deepEqual(site.controllers.running?.alarms() ?? [], []);
  });

  await t.test("a dead fan is told, and the others make up for it", async () => {
    const before = duty(1);
    const fault = simulated.fault("tray-a dead-fan 3");
    await until(running, () => alarms("fan-zone").includes("fan-failed:tray-a.fan-3"));
    await until(running, () => /others run/.test(of("fan-zone")?.last?.reason ?? ""));
    assert.ok(before > 20);
    simulated.clear(fault.id);
  });
});
