// The same over real UDP, shorter: a BMC that loses, doubles and reorders packets and starts anew in between.
import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock as clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { type ChassisAction, chassisControl } from "../../plugins/ipmi/commands/chassis.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import { openBmc, openIpmiSocket } from "../../plugins/ipmi/lan/index.ts";
import { readRepository } from "../../plugins/ipmi/sdr/repository.ts";
import { readAll } from "../../plugins/ipmi/sensors/read.ts";
import { describeSensors } from "../../plugins/ipmi/sensors/sensor.ts";
import { createBmc, type SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { fromRaw } from "../../simulators/ipmi/model.ts";
import { genericServer } from "../../simulators/ipmi/models/generic-server.ts";
import { serveBmcs } from "../../simulators/ipmi/serve.ts";
import { createRandom, type Random } from "../../simulators/random.ts";
import { StruckLine } from "../support/struck-line.ts";

const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
const rounds = 30;
const timing = {
  relay: [5, 10],
  boot: [50, 60],
  shutdown: [50, 60],
  pause: [50, 60],
  dump: [50, 60],
} as const;
const actions: readonly ChassisAction[] = ["on", "off", "cycle", "reset", "soft-off"];

/** Gives every temperature a new value, unless the BMC is just starting. @returns raw bytes by the sensor's number */
function change(bmc: SimulatedBmc, random: Random): ReadonlyMap<number, number> {
  for (const sensor of bmc.sensors.all) {
    if (sensor.model.kind !== "analog") continue;
    sensor.stuck = fromRaw(sensor.model, random.integer(100));
    sensor.eventsOn = false;
  }
  bmc.tick(0);
  return new Map(bmc.sensors.all.map(({ number, raw }) => [number, raw & 0xff]));
}

test(`over UDP no reading is wrong and nothing is done twice (seed ${seed})`, async (t) => {
  const random = createRandom(seed, "udp");
  const model = genericServer({ sensors: 9 });
  const bmc = createBmc({ clock, name: "bmc", period: 0, model, timing, random: createRandom(seed) });
  const line = new StruckLine(bmc, clock);
  const { receive } = line.end({ forgets: true });
  const served = await serveBmcs({
    bmcs: [Object.create(bmc, { receive: { value: receive } }) as SimulatedBmc],
  });
  const socket = openIpmiSocket();
  const client = openBmc({
    ...{ host: "127.0.0.1", port: served.endpoints[0]?.port ?? 0, user: "admin", password: "admin-pass" },
    ...{ timeout: 60, patience: 5000, clock, socket },
  });
  t.after(async () => {
    await client.close();
    await socket.close();
    await served.close();
    bmc.close();
  });
  const sensors = describeSensors((await readRepository(client, { clock })).records);
  assert.equal(sensors.length, 9);

  const seen = { good: 0, absent: 0, failed: 0, done: 0, refused: 0, unknown: 0, unsent: 0 };
  /** @returns whether all could be read */
  const sweep = async (): Promise<boolean> => {
    const raws = change(bmc, random);
    const readings = await readAll(client, sensors).catch((thrown: unknown) => {
      assert.ok(thrown instanceof BothyError, `${String(thrown)}, seed ${seed}`);
      seen.failed += sensors.length;
      return [];
    });
    for (const [n, { unavailable, raw }] of readings.entries()) {
      seen[unavailable === undefined ? "good" : unavailable.code === "ABSENT" ? "absent" : "failed"]++;
      if (unavailable === undefined)
        assert.equal(raw, raws.get(sensors[n]?.number ?? -1), `${sensors[n]?.name}, seed ${seed}`);
    }
    return readings.length > 0 && readings.every(({ unavailable }) => unavailable === undefined);
  };
  const control = async (): Promise<void> => {
    const before = line.switched;
    const action = actions[random.integer(actions.length)] ?? "on";
    const said = await chassisControl(client, action).then(
      () => "done",
      (thrown: unknown) => (completionOf(thrown) === undefined ? (thrown as BothyError).code : "refused"),
    );
    seen[said === "OUTCOME_UNKNOWN" ? "unknown" : said === "done" || said === "refused" ? said : "unsent"]++;
    const times = line.switched - before;
    const allowed = said === "done" || said === "refused" ? [1] : said === "OUTCOME_UNKNOWN" ? [0, 1] : [0];
    assert.ok(allowed.includes(times), `${action}: ${said}, carried out ${times} times, seed ${seed}`);
  };

  for (let round = 0; round < rounds; round++) {
    const faulty = random.next();
    Object.assign(bmc.faults, { lossy: 0.25 * faulty, duplicate: 0.3 * faulty, reorder: 0.2 * faulty });
    if (round === rounds / 2) bmc.restart(200);
    // Carried out, and then nothing is heard until the session is lost.
    if (round % 6 === 2) line.strike(500);
    await Promise.all([sweep(), control()]);
  }
  Object.assign(bmc.faults, { lossy: 0, duplicate: 0, reorder: 0 });
  line.strike(0);
  const least = seen.done + seen.refused;
  const told = `${line.switched} power commands carried out, not ${least}..${least + seen.unknown}, seed ${seed}`;
  assert.ok(line.switched >= least && line.switched <= least + seen.unknown, told);
  // What is switched off gives nothing: all is well once it is on, and everything can be read.
  for (let on = false; !on;) {
    on = await chassisControl(client, "on").then(
      () => true,
      () => false,
    );
  }
  for (let well = false; !well;) well = await sweep();
  const { sessionsLost } = client.statistics();
  const summary = `${JSON.stringify({ ...seen, sessionsLost })}, seed ${seed}`;
  t.diagnostic(summary);
  // Most readings came through, power commands too, and some of those had their session lost behind them.
  const asked = rounds * sensors.length;
  assert.ok(seen.good + seen.absent >= 0.75 * asked && seen.good >= 0.1 * asked, summary);
  assert.ok(least >= rounds / 6 && seen.unknown > 0 && sessionsLost > 1, summary);
});
