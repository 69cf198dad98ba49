// What a start costs when the BMC is known from before, and that nothing is told by what was known of another one.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock as clock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { Learner } from "../../plugins/ipmi/learn.ts";
import type { IpmiRequest, Requester } from "../../plugins/ipmi/contract.ts";
import { openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { planBmcs } from "../../plugins/ipmi/plan.ts";
import { openState } from "../../server/state/state.ts";
import type { BmcModel } from "../../simulators/ipmi/model.ts";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import { linkMemory } from "../support/link-memory.ts";
import { mockRequester } from "../support/mock-requester.ts";
import { isGood, startBmc, startSite } from "./site.ts";

const timeout = 60_000;
const model = genericServer({ sensors: 6 });

/** The same records but for their factors, with the same date; other firmware. */
const other: BmcModel = {
  ...model,
  firmware: [9, 9],
  sensors: model.sensors.map((sensor) =>
    sensor.kind === "analog" ? { ...sensor, m: 2 * sensor.m } : sensor,
  ),
};

/** Learns what a BMC is in a run of its own. */
async function learner(t: TestContext, memory: ReturnType<typeof linkMemory>, of: BmcModel) {
  const { port } = await startBmc(t, { model: of });
  const socket = openIpmiSocket();
  const client = openBmc({
    host: "127.0.0.1",
    ...{ port, user: "admin", password: "admin-pass", clock, socket },
  });
  t.after(async () => {
    await client.close();
    await socket.close();
  });
  const sent: string[] = [];
  const bmc: Requester = {
    name: "bmc",
    request: (request: IpmiRequest) => {
      sent.push([request.netFn, request.command].map((n) => n.toString(16).padStart(2, "0")).join("/"));
      return client.request(request);
    },
  };
  const { settings } = planBmcs({
    ...{ site: { id: "hut", tags: [] }, name: "bmcs", products: [] },
    link: { path: [], config: { password: { file: "password" } } },
    devices: [{ path: [], config: { address: "10.0.0.11", alias: "server-1" } }],
  });
  assert.ok(settings.bmcs[0] !== undefined);
  const deps = { bmc, clock, log: silentLog, settings: settings.bmcs[0] };
  return { sent, own: new Learner(deps, memory, new AbortController().signal) };
}

test("an unchanged BMC costs one request, and who it is is asked behind that", { timeout }, async (t) => {
  const memory = linkMemory();
  const first = await learner(t, memory, model);
  const known = await first.own.learn(false);
  assert.ok(first.own.isProven && first.sent.length > 10);
  const second = await learner(t, memory, model);
  const again = await second.own.learn(false);
  assert.deepEqual(second.sent, ["0a/20"]);
  assert.deepEqual(
    [again.identity, again.abilities, again.sensors, again.about],
    [known.identity, known.abilities, known.sensors, known.about],
  );
  assert.equal(second.own.isProven, false);
  assert.equal(await second.own.prove(), true);
  assert.deepEqual(second.sent, ["0a/20", "06/01"]);
  assert.equal(await second.own.learn(false), again);
  assert.deepEqual(second.sent.slice(2), ["06/01", "0a/20"]);
});

test("another BMC with records of the same date is found out, and learnt", { timeout }, async (t) => {
  const memory = linkMemory();
  await (await learner(t, memory, model)).own.learn(false);
  const { own, sent } = await learner(t, memory, other);
  await own.learn(false);
  assert.deepEqual(sent, ["0a/20"]);
  assert.equal(await own.prove(), false);
  const known = await own.learn(false);
  assert.ok(own.isProven && sent.filter((command) => command === "0a/23").length > 5);
  assert.equal(known.identity?.firmware, "9.09");
});

test("records without a date are not gone by before it is known who has them", { timeout }, async (t) => {
  const memory = linkMemory();
  for (const repositoryDate of [0, 0xffff_ffff]) {
    const undated = { ...model, repositoryDate };
    await (await learner(t, memory, undated)).own.learn(false);
    const { own, sent } = await learner(t, memory, undated);
    await own.learn(false);
    assert.deepEqual(sent, ["06/01", "0a/20"]);
    assert.ok(own.isProven);
  }
});

test("a BMC whose records say nothing of their date, or that has none, is learnt again only when they change", async () => {
  const says = { "06/01": "20011102028f5d0100010000000000" } as Readonly<Record<string, string>>;
  const locator = "0100ffff010051120b2000071f0000000700c2424d";
  let records = "";
  const bmc = mockRequester((line) => {
    const command = line.slice(0, 5);
    if (command === "0a/20" && records !== "") return "5101000010" + "ffffffff".repeat(2) + "20";
    if (command === "0a/23" && records !== "") return `ffff${records.slice(4)}`;
    return says[command];
  });
  const { settings } = planBmcs({
    ...{ site: { id: "hut", tags: [] }, name: "bmcs", products: [] },
    link: { path: [], config: { password: { file: "password" } } },
    devices: [{ path: [], config: { address: "10.0.0.11" } }],
  });
  const deps = { bmc, clock, log: silentLog, settings: settings.bmcs[0] ?? assert.fail() };
  const own = new Learner(deps, linkMemory(), new AbortController().signal);
  const costOf = async (): Promise<{ known: unknown; cost: number }> => {
    const before = bmc.sent.length;
    return { known: await own.learn(false), cost: bmc.sent.length - before };
  };
  const first = await costOf();
  const second = await costOf();
  assert.equal(second.known, first.known);
  assert.ok(first.cost > 8 && second.cost <= 3, `${first.cost} requests, then ${second.cost}`);
  records = locator;
  const changed = await costOf();
  assert.notEqual(changed.known, first.known);
  const same = await costOf();
  assert.equal(same.known, changed.known);
  assert.ok(changed.cost > 8 && same.cost <= 4, `${changed.cost} requests, then ${same.cost}`);
  records = "";
  assert.notEqual((await costOf()).known, changed.known);
});

test("what is kept and damaged is learnt again", { timeout }, async (t) => {
  const memory = linkMemory();
  const { own } = await learner(t, memory, model);
  const { abilities } = await own.learn(false);
  const { identity } = memory.get("abilities-1") as { identity: string };
  const damages = [
    ...[null, 7, {}, { identity }, { identity, abilities: null }, { identity: "7", abilities }],
    { identity: "{", abilities },
    { identity: identity.replace('"deviceId":', '"device":'), abilities },
    { identity, abilities: { ...abilities, inventories: [null] } },
  ];
  for (const damage of damages) {
    memory.set("abilities-1", damage);
    const anew = await learner(t, memory, model);
    assert.deepEqual((await anew.own.learn(false)).abilities, abilities);
    assert.equal(anew.sent[0], "06/01", JSON.stringify(damage));
  }
});

test("no reading is made with the records of the BMC that was there before", { timeout }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bothy-ipmi-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  /** @returns all it said of the inlet */
  const run = async (of: BmcModel): Promise<readonly number[]> => {
    const { port, bmc } = await startBmc(t, { model: of });
    bmc.faults.slow = 20;
    const state = await openState(folder, { clock, log: silentLog });
    const devices = [{ address: `127.0.0.1:${port}`, alias: "server-1" }];
    const at = startSite(t, { devices, state });
    const seen: number[] = [];
    at.site.store.subscribe((readings) => {
      const inlet = at.site.registry.get("server-1-inlet-temp")?.id;
      for (const reading of readings)
        if (reading.id.device === inlet && reading.quality === "good") seen.push(Number(reading.value));
    });
    await at.until("server-1-inlet-temp", "temperature", isGood);
    await at.until("server-1-bmc", "string", isGood);
    await at.stop();
    return seen;
  };
  const before = await run(model);
  assert.ok(before.length > 0);
  const after = await run(other);
  // With the factors of before they would be half as much.
  const least = 0.75 * Math.min(...before);
  assert.ok(after.length > 0 && after.every((value) => value > least), after.join());
});
