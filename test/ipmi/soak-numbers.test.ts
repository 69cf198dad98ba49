// The number that tells answers apart has six bits, and comes round in a moment when a BMC is asked without a pause:
// whatever arrives late or again, no answer of before is taken for the one that is waited for.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { type Millis, seconds } from "../../devices/clock.ts";
import {
  type BmcClient,
  type BmcOptions,
  type BmcStatistics,
  openBmc,
} from "../../plugins/ipmi/lan/index.ts";
import { readRepository } from "../../plugins/ipmi/sdr/repository.ts";
import { readAll } from "../../plugins/ipmi/sensors/read.ts";
import { describeSensors, type Sensor } from "../../plugins/ipmi/sensors/sensor.ts";
import { createRandom } from "../../simulators/random.ts";
import { ChangingBmc } from "../support/changing-bmc.ts";
import { type IpmiWire, ipmiWire } from "../support/ipmi-wire.ts";
import { TestClock } from "../support/test-clock.ts";

const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));

interface Crowd {
  readonly wire: IpmiWire;
  readonly client: BmcClient;
  /** Reads all sensors again and again, several sweeps at a time, and checks every reading. @returns how many were good */
  readonly ask: (span: Millis) => Promise<number>;
}

/**
 * One client that asks one BMC as much as it may. The BMC carries out again what it is told again.
 * @param lax whether it does so however late it is told
 */
async function crowd(t: TestContext, legacy: boolean, lax: boolean): Promise<Crowd> {
  t.diagnostic(`SOAK_SEED=${seed}`);
  const clock = new TestClock();
  const random = createRandom(seed, "client");
  const wire = ipmiWire(clock, createRandom(seed, "wire"));
  const changing = new ChangingBmc("192.0.2.21", clock, { seed, legacy });
  wire.connect(changing.bmc.name, changing.line.end({ forgets: true, lax }));
  const options: BmcOptions = {
    ...{ host: changing.bmc.name, user: "admin", password: "admin-pass", window: 16, timeout: 50 },
    ...(legacy ? { version: "1.5" } : {}),
  };
  const client = openBmc({
    ...{ ...options, clock, socket: wire.socket },
    random: (size) => Buffer.from(Array.from({ length: size }, () => random.integer(256))),
  });
  const during = async <T>(work: Promise<T>): Promise<T> => {
    const state = { over: false };
    const end = (): void => void (state.over = true);
    work.then(end, end);
    while (!state.over) await clock.advance(10);
    return work;
  };
  const sensors = describeSensors((await during(readRepository(client, { clock }))).records);
  const sweep = async (): Promise<number> => {
    const from = clock.monotonic();
    const readings = await readAll(client, sensors);
    const of = (n: number): Sensor => sensors[n] ?? assert.fail("more readings than sensors");
    const kinds = readings.map((one, n) => changing.check(of(n), one, from, clock.monotonic()));
    return kinds.filter((kind) => kind === "good").length;
  };
  const ask = async (span: Millis): Promise<number> => {
    const end = clock.monotonic() + span;
    let good = 0;
    const on = async (): Promise<void> => {
      while (clock.monotonic() < end) good += await sweep();
    };
    await during(Promise.all([on(), on(), on()]));
    return good;
  };
  return { wire, client, ask };
}

const droppedAs = (reason: keyof BmcStatistics["dropped"], client: BmcClient): number =>
  client.statistics().dropped[reason] ?? 0;

for (const legacy of [false, true]) {
  const version = legacy ? "1.5" : "2.0";

  test(`an answer that comes again is nobody's, in version ${version} (seed ${seed})`, async (t) => {
    const { wire, client, ask } = await crowd(t, legacy, false);
    Object.assign(wire.faults, { echoed: 0.5, longest: 100 });
    const good = await ask(300);
    assert.ok(good > 150, `${good} good, seed ${seed}`);
    const again = droppedAs("replayed", client);
    assert.ok(again > 100, `${again} came again, seed ${seed}`);
  });

  test(`the answer to a request that was sent again is nobody's, in version ${version} (seed ${seed})`, async (t) => {
    const { wire, client, ask } = await crowd(t, legacy, true);
    Object.assign(wire.faults, { late: 0.08, longest: seconds(2) });
    const good = await ask(seconds(20));
    assert.ok(good > 150, `${good} good, seed ${seed}`);
    const late = droppedAs("unmatched", client);
    assert.ok(late > 30, `${late} came late, seed ${seed}`);
  });
}
