// A site and BMCs of others, over UDP: OpenIPMI's simulator and pyghmi's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256Users, startPyghmiBmc, startSha256Bmc } from "../support/foreign-bmc.ts";
import { startIpmiSim } from "../support/ipmi-sim.ts";
import { isGood, shows, startSite } from "./site.ts";

const timeout = 60_000;
/** A session is not lost when a busy machine lets a BMC in Python wait. */
const patient = { timeout: "3s" } as const;
const near =
  (value: number, off: number) => (reading: { readonly quality: string; readonly value?: unknown }) =>
    reading.quality === "good" && Math.abs(Number(reading.value) - value) <= off;

test(
  "ipmi_sim: sensors, states, inventory and event log as it has them; power as it shows it",
  { timeout },
  async (t) => {
    const sim = await startIpmiSim(t);
    const at = startSite(t, {
      devices: [{ address: `127.0.0.1:${sim.port}`, alias: "server-1" }],
      bus: { user: "admin", privilege: "administrator", suites: [17, 3] },
      env: { PASSWORD: sim.users.admin },
    });
    await at.until("server-1-inlet-temp", "temperature", shows(23));
    await at.until("server-1-fan-1", "rpm", shows(7200));
    await at.until("server-1-rail-12v", "voltage", near(12, 0.01));
    await at.until("server-1-psu-redundancy", "state", shows("fully redundant"));
    await at.until("server-1-inventory", "string", shows("Example Edge EdgeBox 2000"));
    await at.until("server-1-events", "count", isGood);
    const events = at.site.registry.get("server-1-events");
    assert.match(events?.info ?? "", /^server-1: event log; only it tells of (\w[\w ]*, )+\w[\w ]*$/);
    assert.match(events?.context["only send events"] ?? "", /^Watchdog, |, Watchdog/);
    const inlet = at.reading("server-1-inlet-temp", "temperature");
    assert.deepEqual(
      [inlet?.context?.["uc"], inlet?.context?.["status"], inlet?.context?.["crossed"]],
      ["42", "ok", undefined],
    );
    assert.match(await at.write("server-1-power", "state", "off"), /^DONE read back off/);
    assert.equal(sim.file("chassis/power"), "0");
    assert.match(await at.write("server-1-power", "state", "on"), /^DONE read back on/);
    assert.equal(sim.file("chassis/power"), "1");
    await sim.kill();
    await at.until("server-1-inlet-temp", "temperature", ({ quality }) => quality === "bad");
    await sim.start();
    await at.until("server-1-inlet-temp", "temperature", isGood);
  },
);

test("pyghmi's BMC: power is read and written", { timeout }, async (t) => {
  const bmc = await startPyghmiBmc(t);
  const at = startSite(t, {
    devices: [{ address: `127.0.0.1:${bmc.port}`, alias: "server-2" }],
    bus: { ...patient, user: "admin", privilege: "administrator", suites: [3] },
    env: { PASSWORD: "password" },
  });
  await at.until("server-2-power", "state", isGood);
  assert.match(await at.write("server-2-power", "state", "on"), /^DONE read back on/);
  assert.match(await at.write("server-2-power", "state", "off"), /^DONE read back off/);
});

test("that a BMC has no sensor data records is logged once", { timeout }, async (t) => {
  const bmc = await startPyghmiBmc(t);
  const at = startSite(t, {
    devices: [{ address: `127.0.0.1:${bmc.port}`, alias: "server-2" }],
    bus: { ...patient, user: "admin", suites: [3] },
    env: { PASSWORD: "password" },
  });
  // Each time the firmware is asked for anew, so are the records.
  let asked = await at.until("server-2-bmc", "string", isGood);
  for (let times = 0; times < 2; times++) {
    const before = asked.at;
    asked = await at.until("server-2-bmc", "string", (one) => isGood(one) && one.at > before + 4000);
  }
  assert.equal(at.said.filter((line) => line.includes("no sensor data records")).length, 1);
});

test("a BMC that takes SHA-256 only", { timeout }, async (t) => {
  const bmc = await startSha256Bmc(t);
  const at = startSite(t, {
    devices: [{ address: `127.0.0.1:${bmc.port}`, alias: "server-3" }],
    bus: { ...patient, user: "operator" },
    env: { PASSWORD: sha256Users.operator.password },
  });
  const report = (): string => JSON.stringify(at.site.buses.get("bmcs:server-3")?.link.status().report ?? {});
  await at.until("server-3-bmc", "string", isGood);
  assert.match(report(), /"suite":17/);
});
