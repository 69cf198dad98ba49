// A site and simulated BMCs, over UDP.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sleep, systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { createHttp } from "../../server/http.ts";
import { openState } from "../../server/state/state.ts";
import { buildTrap } from "../../simulators/ipmi/pet.ts";
import { isBad, isGood, shows, startBmc, startSite } from "./site.ts";

const timeout = 60_000;

test("a BMC becomes devices by itself, with ids that do not follow from names", { timeout }, async (t) => {
  const { port } = await startBmc(t);
  const at = startSite(t, {
    devices: [{ address: `127.0.0.1:${port}`, alias: "server-1", tags: ["rack:r1"] }],
  });
  await at.until("server-1-power", "state", shows("on"));
  await at.until("server-1-power-draw", "watt", isGood);
  const types = new Map<string, number>();
  for (const { type } of at.site.registry.all()) types.set(type, (types.get(type) ?? 0) + 1);
  for (const type of ["temperature", "fan", "voltage", "power-control", "led", "boot-target", "power-limit"])
    assert.ok((types.get(type) ?? 0) > 0, type);
  for (const type of ["bmc", "event-log", "inventory", "bus"]) assert.ok((types.get(type) ?? 0) > 0, type);
  const power = at.site.registry.get("server-1-power");
  assert.ok(power !== undefined);
  assert.ok(power.tags.includes("default/rack:r1"));
  assert.ok(power.tags.includes("ipmi/chassis:server-1"));
  assert.deepEqual(
    power.actions.map(({ name }) => name),
    ["state", "cycle", "reset", "diag"],
  );
  const temperatures = at.site.registry.select([["ipmi/sensor:temperature"]]);
  assert.ok(temperatures.length > 0 && temperatures.every(({ type }) => type === "temperature"));
  const [warm] = temperatures;
  assert.ok(warm !== undefined);
  await at.until(
    warm.id,
    "temperature",
    (reading) => isGood(reading) && /^0x[0-9a-f]{2}$/.test(reading.raw ?? ""),
  );
});

test(
  "power off and on is done when the chassis shows it; sensors of a host that is off say so",
  { timeout },
  async (t) => {
    const { bmc, port } = await startBmc(t);
    const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
    await at.until("server-1-power", "state", shows("on"));
    const fan = at.site.registry.all().find(({ type }) => type === "fan")?.alias ?? "";
    await at.until(fan, "rpm", isGood);
    const app = await createHttp(at.site);
    t.after(() => app.close());
    const asked = await app.inject({
      method: "POST",
      url: `/v3/write/wait/${at.site.registry.get("server-1-power")?.id}`,
      payload: [{ action: "state", data: "off" }],
    });
    const [transaction] = asked.json<{ status: string; message: string }[]>();
    assert.deepEqual([transaction?.status, bmc.host.powered], ["DONE", false]);
    const off = await at.until(fan, "rpm", isBad("ABSENT"));
    assert.match(off.quality === "bad" ? off.reason.text : "", /the host is off/);
    assert.match(await at.write("server-1-power", "reset"), /^ERROR REFUSED .*the host is off/);
    assert.equal(bmc.host.asked.reset, 0);
    assert.match(await at.write("server-1-power", "state", "on"), /^DONE read back on/);
    await at.until(fan, "rpm", isGood);
    assert.match(await at.write("server-1-power", "cycle"), /^DONE/);
    assert.deepEqual([bmc.host.asked.off, bmc.host.asked.on, bmc.host.asked.cycle], [1, 1, 1]);
  },
);

test(
  "who turns a server on by its button is not fought over when nobody holds it",
  { timeout },
  async (t) => {
    const { bmc, port } = await startBmc(t);
    const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
    await at.until("server-1-power", "state", shows("on"));
    assert.match(await at.write("server-1-power", "state", "off"), /^DONE/);
    at.site.writer.relinquish({
      device: "server-1-power",
      action: "state",
      slot: 8,
      who: "ann",
      why: "done",
    });
    bmc.host.ask("on");
    await at.until("server-1-power", "state", shows("on"));
    const before = bmc.host.asked.off;
    bmc.restart(100);
    const read = at.reading("server-1-power", "state")?.at ?? 0;
    await at.until("server-1-power", "state", (one) => one.quality === "good" && one.at > read + 1000);
    assert.equal(bmc.host.asked.off, before);
    assert.deepEqual(at.site.writer.array("server-1-power")[0]?.entries, []);
  },
);

test(
  "soft-off asks the system first; lamp, boot target and power limit are read back",
  { timeout },
  async (t) => {
    const { bmc, port } = await startBmc(t);
    const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
    await at.until("server-1-boot", "state", isGood);
    assert.match(await at.write("server-1-identify", "state", "on"), /^DONE read back on/);
    assert.match(await at.write("server-1-boot", "target-efi", "pxe"), /^DONE sent, read back pxe/);
    assert.equal(at.reading("server-1-boot", "state")?.context?.["mode"], "EFI");
    assert.match(await at.write("server-1-power-limit", "limit", "300"), /^DONE read back 300 W/);
    assert.match(await at.write("server-1-power", "state", "soft-off"), /^DONE read back off/);
    assert.deepEqual([bmc.host.asked["soft-off"], bmc.host.asked.off], [1, 0]);
  },
);

test("a BMC that restarts is reached again; nothing is done twice", { timeout }, async (t) => {
  const { bmc, port } = await startBmc(t);
  const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
  await at.until("server-1-power", "state", shows("on"));
  assert.match(await at.write("server-1-power", "cycle"), /^DONE/);
  bmc.restart(1000);
  const read = at.reading("server-1-power", "state")?.at ?? 0;
  await at.until("server-1-power", "state", (one) => one.quality === "good" && one.at > read + 1500);
  assert.equal(bmc.host.asked.cycle, 1);
  assert.equal(bmc.executed(0x00, 0x02), 1);
});

test(
  "a wrong password is said in the bus's state, with what to do, and not tried again and again",
  { timeout },
  async (t) => {
    const { bmc, port } = await startBmc(t);
    const at = startSite(t, {
      devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }],
      env: { PASSWORD: "not-the-one" },
    });
    const reading = await at.until("server-1-power", "state", isBad("LINE_DOWN"));
    assert.match(reading.quality === "bad" ? reading.reason.text : "", /password of "operator" is wrong/);
    const app = await createHttp(at.site);
    t.after(() => app.close());
    const answer = await app.inject("/api/buses/bmcs%3Aserver-1");
    const { state, lastError } = answer.json<{ state: string; lastError: { code: string; text: string } }>();
    assert.equal(lastError.code, "UNAUTHENTICATED");
    assert.ok(["waiting", "opening"].includes(state));
    assert.doesNotMatch(JSON.stringify(at.said) + answer.body, /not-the-one/);
    assert.equal(bmc.executed(0x06, 0x01), 0);
  },
);

test("a BMC that stays away is warned of once, not at every attempt", { timeout }, async (t) => {
  const { bmc, port } = await startBmc(t);
  bmc.faults.silent = true;
  const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
  while (at.said.filter((line) => line.endsWith("no session")).length < 3) await sleep(systemClock, 10);
  assert.equal(at.said.filter((line) => line === "warn no session").length, 1);
});

test("a new event is a reading, and a line of the log", { timeout }, async (t) => {
  const { bmc, port } = await startBmc(t);
  const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
  await at.until("server-1-events", "count", isGood);
  const before = at.reading("server-1-events", "count");
  bmc.faults.deadFans.add(1);
  const found = await at.until(
    "server-1-events",
    "string",
    (one) => one.quality === "good" && /fan/i.test(String(one.value)),
  );
  assert.ok(found.context?.["severity"] !== undefined);
  assert.ok(
    at.said.some((line) => /^(warn|info) server-1: .*fan/i.test(line)),
    at.said.join("\n"),
  );
  await at.until(
    "server-1-events",
    "count",
    (one) => one.quality === "good" && before?.quality === "good" && Number(one.value) > Number(before.value),
  );
});

test(
  "the second start costs no sensor record, knows every device at once, and tells what happened meanwhile",
  { timeout },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "bothy-ipmi-"));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const { bmc, port } = await startBmc(t);
    const devices = [{ address: `127.0.0.1:${port}`, alias: "server-1" }];
    const open = () => openState(folder, { clock: systemClock, log: silentLog });
    const first = startSite(t, { devices, state: await open() });
    await first.until("server-1-events", "count", isGood);
    await first.until("server-1-power-draw", "watt", isGood);
    const known = first.site.registry.all().map(({ id }) => id);
    await first.stop();
    const records = bmc.executed(0x0a, 0x23);
    const logged = bmc.log.entries.length;
    bmc.faults.deadFans.add(2);
    while (bmc.log.entries.length === logged) await sleep(systemClock, 20);
    const second = startSite(t, { devices, state: await open() });
    await second.until("server-1-power-draw", "watt", isGood);
    assert.deepEqual(
      second.site.registry.all().map(({ id }) => id),
      known,
    );
    assert.equal(bmc.executed(0x0a, 0x23), records);
    await second.until(
      "server-1-events",
      "string",
      (one) => one.quality === "good" && /fan/i.test(String(one.value)),
    );
  },
);

test("a trap makes the event log be read at once", { timeout }, async (t) => {
  const { bmc, port } = await startBmc(t);
  const at = startSite(t, {
    devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }],
    bus: { poll: { fast: "1h", slow: "1h" }, traps: { port: 0, host: "127.0.0.1" } },
  });
  await at.until("server-1-events", "count", isGood);
  const report = (): { traps?: { port: number } } => at.site.links[0]?.status().report ?? {};
  while (report().traps === undefined) await sleep(systemClock, 10);
  const logged = bmc.log.entries.length;
  bmc.faults.deadFans.add(1);
  while (bmc.log.entries.length === logged) await sleep(systemClock, 20);
  const event = {
    ...{ guid: bmc.guid, cookie: 1, seconds: 1_900_000_000, severity: 0x10, sensorType: 4, eventType: 1 },
    ...{ deassert: false, sensor: 1, manufacturer: 32473, product: 1 },
    entity: [29, 1] as const,
    data: [0x50, 0, 0] as const,
  };
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  socket.send(buildTrap(event, "public", "127.0.0.1", 0), report().traps?.port ?? 0, "127.0.0.1");
  await at.until(
    "server-1-events",
    "string",
    (one) => one.quality === "good" && /fan/i.test(String(one.value)),
  );
});

test("an inventory nobody programmed is there, and says so", { timeout }, async (t) => {
  const { bmc, port } = await startBmc(t);
  bmc.parts.frus[0]?.fill(0xff);
  const at = startSite(t, { devices: [{ address: `127.0.0.1:${port}`, alias: "server-1" }] });
  const reading = await at.until("server-1-inventory", "string", isBad("ABSENT"));
  assert.match(reading.quality === "bad" ? reading.reason.text : "", /blank, all bytes are FFh/);
});
