// BMCs on sockets, in the servers of a site, and what can go wrong with them.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";
import { createSimulatedSite, type SimulatedSite } from "../../simulators/site.ts";
import { ask, type BmcConsole, openConsole } from "../support/bmc-console.ts";
import { TestClock } from "../support/test-clock.ts";

interface Rig {
  readonly clock: TestClock;
  readonly site: SimulatedSite;
  /** The third server's. */
  readonly bmc: SimulatedBmc;
  readonly watts: () => number;
}

async function rig(): Promise<Rig> {
  const clock = new TestClock();
  const site = await createSimulatedSite({ clock, wires: "memory", seed: 3 });
  const bmc = site.bmcs[2]?.bmc;
  assert.ok(bmc);
  await clock.advance(60_000);
  return { clock, site, bmc, watts: () => site.physics.state.servers[2]?.watts ?? NaN };
}

const deviceId = [0x06, 0x01] as const;
const alive = (bmc: SimulatedBmc): boolean => ask(bmc, 0x06, 0x38, [0x8e, 4])?.code === 0;
const heard = (one: BmcConsole): boolean => one.request(...deviceId)?.code === 0;

test("there is a BMC in each of the eight servers, and it measures what the site's physics say", async () => {
  const { site, bmc, watts } = await rig();
  assert.deepEqual(
    site.bmcs.map(({ name, outlet, kind }) => `${name} ${outlet} ${kind}`),
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `bmc-${n} ${n} memory`),
  );
  assert.equal(new Set(site.bmcs.map((one) => Buffer.from(one.bmc.guid).toString("hex"))).size, 8);
  const value = (key: string): number => {
    const sensor = bmc.sensors.find(key);
    return (sensor && bmc.sensors.value(sensor)) ?? NaN;
  };
  assert.ok(Math.abs(value("inlet-temp") - site.physics.state.inlet) <= 0.6);
  assert.ok(Math.abs(value("total-power") - watts()) <= 1.1);
  assert.ok(Math.abs(value("psu1-input") - watts() / 2) <= 1.1);
});

test("a server switched off by its BMC takes its load and its heat away", async () => {
  const { clock, site, bmc, watts } = await rig();
  const [power, total] = [watts(), site.physics.state.itPower];
  assert.ok(power > 100);
  openConsole(bmc).request(0x00, 0x02, [0]);
  await clock.advance(10_000);
  assert.ok(Math.abs(watts() - 9) < 0.5, String(watts()));
  assert.ok(site.physics.state.itPower < total - power / 2);
  openConsole(bmc).request(0x00, 0x02, [1]);
  await clock.advance(90_000);
  assert.equal(bmc.host.state, "running");
  assert.ok(watts() > 100);
});

test("an outlet switched off silences the BMC; switched on again, the restore policy applies", async () => {
  const { clock, site, bmc, watts } = await rig();
  const one = openConsole(bmc);
  site.physics.commands.outlets[2] = false;
  await clock.advance(5000);
  assert.equal(alive(bmc), false);
  assert.ok(watts() < 0.1);
  assert.equal(alive(site.bmcs[0]?.bmc ?? bmc), true);
  site.physics.commands.outlets[2] = true;
  await clock.advance(13_000);
  assert.ok(alive(bmc));
  assert.equal(heard(one), false);
  await clock.advance(60_000);
  assert.equal(bmc.host.state, "running", "as before");
});

test("a power limit holds the server's power down", async () => {
  const { clock, bmc, watts } = await rig();
  const one = openConsole(bmc);
  assert.ok(watts() > 115);
  one.request(0x2c, 0x04, [0xdc, 0, 0, 0, 0, 110, 0, 0xe8, 3, 0, 0, 0, 0, 1, 0]);
  one.request(0x2c, 0x05, [0xdc, 1, 0, 0]);
  await clock.advance(45_000);
  assert.ok(Math.abs(watts() - 110) < 1, String(watts()));
});

test("silent, slow, hanging commands", async () => {
  const { clock, site, bmc } = await rig();
  const one = openConsole(bmc);
  site.fault("bmc-3 silent for 10s");
  assert.equal(heard(one), false);
  await clock.advance(10_000);
  assert.equal(heard(one), true);
  const slow = site.fault("bmc-3 slow 300ms");
  assert.equal(heard(one), false);
  const before = one.received.length;
  await clock.advance(299);
  assert.equal(one.received.length, before);
  await clock.advance(1);
  assert.equal(one.received.length, before + 1);
  site.clear(slow.id);
  site.fault("bmc-3 hang 06/01");
  assert.equal(heard(one), false);
  assert.equal(one.request(0x06, 0x04)?.code, 0);
  site.clear();
  assert.equal(heard(one), true);
});

test("packets lost, doubled, overtaken; about as often as was asked for", async () => {
  const { clock, site, bmc } = await rig();
  const one = openConsole(bmc);
  site.fault("bmc-3 duplicate 100%");
  assert.equal(one.send(one.packet(...deviceId)).length, 2);
  site.clear();
  const reorder = site.fault("bmc-3 reorder 100%");
  const before = one.received.length;
  one.send(one.packet(...deviceId));
  assert.equal(one.received.length, before, "held back");
  const [, overtaken] = one.send(one.packet(0x06, 0x04));
  assert.equal(overtaken && one.open(overtaken).data.length, 15, "the device id comes second");
  one.send(one.packet(...deviceId));
  await clock.advance(41);
  assert.equal(one.received.length, before + 3, "it comes in the end");
  site.clear(reorder.id);
  site.fault("bmc-3 lossy 50%");
  const answered = Array.from({ length: 1000 }, () => alive(bmc)).filter(Boolean).length;
  assert.ok(answered > 180 && answered < 320, `${answered} of 1000, where half is lost each way`);
  site.clear();
  site.fault("bmc-3 lossy 100%");
  assert.equal(heard(one), false);
});

test("a reboot: silence for as long as was said, then no session; over by itself", async () => {
  const { clock, site, bmc } = await rig();
  const one = openConsole(bmc);
  site.fault("bmc-3 reboot 20s");
  await clock.advance(19_000);
  assert.equal(alive(bmc), false);
  assert.equal(site.faults().length, 1);
  await clock.advance(1001);
  assert.equal(site.faults().length, 0);
  assert.ok(alive(bmc));
  assert.equal(heard(one), false);
  assert.equal(bmc.host.state, "running");
});

test("long reads dropped, one session only, wrong check sums", async () => {
  const { site, bmc } = await rig();
  const one = openConsole(bmc);
  site.fault("bmc-3 short-sdr");
  assert.equal(one.request(0x0a, 0x23, [0, 0, 1, 0, 0, 0xff]), undefined);
  assert.equal(one.request(0x0a, 0x23, [0, 0, 1, 0, 0, 16])?.code, 0);
  site.fault("bmc-3 single-session");
  assert.throws(() => openConsole(bmc), /no session: 1/);
  site.clear();
  const other = openConsole(bmc);
  site.fault("bmc-3 bad-checksum");
  const [packet] = other.send(other.packet(...deviceId));
  assert.ok(packet);
  assert.equal(other.open(packet).code, 0, "the packet itself is sound");
  assert.ok(heard(other));
});

test("stuck sensors, dead fans, lost inputs", async () => {
  const { clock, site, bmc } = await rig();
  const value = (key: string): number | undefined => {
    const sensor = bmc.sensors.find(key);
    return sensor && bmc.sensors.value(sensor);
  };
  const stuck = site.fault("bmc-3 stuck cpu1-temp at 95");
  site.fault("bmc-3 dead-fan 4");
  site.fault("bmc-3 psu-lost 2");
  await clock.advance(30_000);
  assert.deepEqual([value("cpu1-temp"), value("fan4"), value("psu2-input")], [95, 0, 0]);
  assert.ok((value("fan1") ?? 0) > 0);
  assert.ok(
    site.physics.faults.fans.every((fault) => fault === "none"),
    "the tray's fans are not meant",
  );
  site.clear(stuck.id);
  await clock.advance(1000);
  assert.notEqual(value("cpu1-temp"), 95);
  site.clear();
  await clock.advance(30_000);
  assert.ok((value("fan4") ?? 0) > 0);
  assert.throws(() => site.fault("bmc-3 stuck nose at 3"), /bmc-3 has no sensor "nose"; it has inlet-temp/);
});

/** Pings an address. @returns whether a pong came from there */
async function pinged(host: string, port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("message", (packet, from) => resolve(packet.length === 28 && from.address === host));
      socket.send(Buffer.from("0600ff06000011be80050000", "hex"), port, host);
    });
  } finally {
    socket.close();
  }
}

const some = (count: number): readonly SimulatedBmc[] =>
  Array.from({ length: count }, (_, i) => createBmc({ clock: systemClock, name: `n${i}`, period: 0 }));

test("hundreds of them, each on a port of its own", { timeout: 60_000 }, async (t) => {
  const bmcs = some(200);
  const served = await serveBmcs({ bmcs });
  t.after(() => served.close());
  assert.equal(new Set(served.endpoints.map(({ port }) => port)).size, 200);
  const pongs = await Promise.all(served.endpoints.map(({ host, port }) => pinged(host, port)));
  assert.ok(pongs.every(Boolean));
  await served.close();
  await served.close();
});

test("each on an address of its own, with the same port", { timeout: 60_000 }, async (t) => {
  const first = await serveBmcs({ bmcs: some(1), host: "127.77.0.254" });
  const [endpoint] = first.endpoints;
  assert.ok(endpoint);
  await first.close();
  const { port } = endpoint;
  const served = await serveBmcs({ bmcs: some(4), host: "127.77.0.254", port, by: "address" });
  t.after(() => served.close());
  const hosts = ["127.77.0.254", "127.77.0.255", "127.77.1.0", "127.77.1.1"];
  assert.deepEqual(
    served.endpoints.map(({ host }) => host),
    hosts,
  );
  assert.ok((await Promise.all(hosts.map((host) => pinged(host, port)))).every(Boolean));
  await assert.rejects(serveBmcs({ bmcs: some(2), host: "127.77.0.253", port, by: "address" }), /EADDRINUSE/);
});

test("a site on sockets says where its BMCs are", { timeout: 60_000 }, async (t) => {
  const site = await createSimulatedSite({ clock: systemClock, wires: "tcp" });
  t.after(() => site.close());
  for (const one of site.bmcs) {
    assert.ok(one.kind === "udp");
    assert.deepEqual([one.user, one.password], ["admin", "admin-pass"]);
    assert.ok(await pinged(one.host, one.port), one.name);
  }
});
