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
    table.refusals.set(alias, new BothyError("NO_ANSWER", { source: alias, timeout: 500 }));
  };
  refuse("tray.fan-1");
  refuse("tray.fan-2");
  table.values.set("inlet/temperature", 27);
  await site.clock.advance(50_000);
  assert.deepEqual(unheld(), [], "a device may miss a command");
  await site.clock.advance(40_000);
  assert.equal(unheld().length, 1);
  assert.match(
    unheld()[0] ?? "",
    /^unheld:tray\.speed: tray\.fan-\d and 1 more of tray: speed is not what it should be, and is tried again: tray\.fan-\d did not answer within 500 ms$/u,
  );
  table.refusals.clear();
  await site.clock.advance(90_000);
  assert.deepEqual(unheld(), []);
});

test("what cannot be read is told of after five minutes, before anything is commanded", async (t) => {
  const devices: readonly TableDevice[] = ["pdu.outlet-1", "pdu.outlet-2"].map((alias) => ({
    ...{ alias, type: "fan", outputs: [["duty"]], actions: [speed] },
  }));
  const inlet: TableDevice = { alias: "inlet", type: "temperature", outputs: [["temperature"]] };
  const table = new Table();
  table.values.set("inlet/temperature", 25);
  const idle = {
    ...zone,
    failSafe: { fans: null },
    step: () => ({ outputs: {}, state: { steps: 0 }, reason: "idle" }),
  };
  const shows = (value: number): void =>
    devices.forEach(({ alias }) => table.values.set(`${alias}/duty`, value));
  shows(30);
  const site = await controlSite(t, { zone: use(idle) }, { devices: [inlet, ...devices], table });
  const told = (): readonly string[] =>
    site.controllers.alarms().map(({ id, severity, text }) => `${severity} ${id}: ${text}`);
  await site.clock.advance(600_000);
  assert.deepEqual(told(), []);
  table.values.delete("pdu.outlet-1/duty");
  table.values.delete("pdu.outlet-2/duty");
  await site.clock.advance(290_000);
  assert.deepEqual(told(), []);
  await site.clock.advance(60_000);
  assert.equal(told().length, 1);
  assert.match(
    told()[0] ?? "",
    /^warning unread:pdu\.speed: pdu\.outlet-\d and 1 more of pdu: speed cannot be read, and may not do what it is told: the table has no value$/u,
  );
  shows(30);
  await site.clock.advance(20_000);
  assert.deepEqual(told(), []);
});
