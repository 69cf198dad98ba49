import assert from "node:assert/strict";
import test from "node:test";
import { BothyError } from "../../devices/errors.ts";
import { controlSite } from "../support/control-site.ts";
import { speed, Table, type TableDevice } from "../support/table-plugin.ts";
import { use, zone } from "./zone-site.ts";

test("what cannot be told what it should be is told of after a minute, once for all of a unit, until it can", async (t) => {
  const fan = (alias: string): TableDevice => ({ alias, type: "fan", outputs: [["duty"]], actions: [speed] });
  const inlet: TableDevice = { alias: "inlet", type: "temperature", outputs: [["temperature"]] };
  const devices = [inlet, ...["tray.fan-1", "tray.fan-2", "other.fan-1"].map(fan)];
  const table = new Table();
  table.values.set("inlet/temperature", 25);
  const site = await controlSite(t, { zone: use(zone) }, { devices, table });
  const unheld = (): readonly string[] =>
    site.controllers.alarms().flatMap(({ id, text }) => (id.startsWith("unheld:") ? [`${id}: ${text}`] : []));
  await site.clock.advance(60_000);
  assert.deepEqual(unheld(), []);
  const refuse = (alias: string): void => {
    const gate = Promise.reject(new BothyError("NO_ANSWER", { source: alias, timeout: 500 }));
    gate.catch(() => undefined);
    table.gates.set(alias, gate);
  };
  refuse("tray.fan-1");
  refuse("tray.fan-2");
  table.values.set("inlet/temperature", 27);
  await site.clock.advance(50_000);
  assert.deepEqual(unheld(), [], "a device may miss a command");
  await site.clock.advance(40_000);
  assert.deepEqual(unheld(), [
    "unheld:tray.speed: tray.fan-1 and 1 more of tray: speed is not what it should be, and is tried again: tray.fan-1 did not answer within 500 ms",
  ]);
  table.gates.clear();
  await site.clock.advance(90_000);
  assert.deepEqual(unheld(), []);
});
