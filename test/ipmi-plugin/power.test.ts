// Power on the test clock, against a mock of the one interface below it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import type { Requester, IpmiRequest } from "../../plugins/ipmi/contract.ts";
import { chassisPart } from "../../plugins/ipmi/parts/chassis.ts";
import { Host } from "../../plugins/ipmi/parts/host.ts";
import type { Part } from "../../plugins/ipmi/parts/part.ts";
import type { BmcSettings } from "../../plugins/ipmi/plan.ts";
import { TestClock } from "../support/test-clock.ts";

const settings: BmcSettings = {
  site: { id: "hut" },
  name: "bmcs:server-1",
  at: "server-1",
  alias: "server-1",
  host: "10.0.0.11",
  port: 623,
  user: "u",
  suites: [17],
  version: "2.0",
  insecure: [],
  privilege: 3,
  timeout: 1000,
  quirks: [],
  include: [],
  exclude: [],
  softWait: 60_000,
  softAlways: false,
  confirm: 30_000,
  fast: 10_000,
  slow: 300_000,
  tags: [],
  context: {},
};

const words = ["off", "on", "cycle", "reset", "diag", "soft"] as const;

/** A chassis whose operating system takes no notice. */
class MockBmc implements Requester {
  readonly name = "server-1";
  on = true;
  /** Chassis control commands, in the order they came. */
  readonly told: string[] = [];
  /** Commands that are not answered, and not carried out. */
  lost = 0;
  /** Commands that are carried out, and not answered. */
  mute = 0;

  request({ command, data }: IpmiRequest): Promise<Buffer> {
    if (command === 0x01) return Promise.resolve(Buffer.from([this.on ? 0x01 : 0x00, 0, 0x40]));
    assert.equal(command, 0x02);
    const word = words[data?.[0] ?? 0] ?? "off";
    this.told.push(word);
    const unknown = new BothyError("OUTCOME_UNKNOWN", { source: this.name, fault: "silence" });
    if (this.lost-- > 0) return Promise.reject(unknown);
    if (word === "on") this.on = true;
    if (word === "off") this.on = false;
    return this.mute-- > 0 ? Promise.reject(unknown) : Promise.resolve(Buffer.alloc(0));
  }
}

interface Bench {
  readonly clock: TestClock;
  readonly bmc: MockBmc;
  readonly part: Part;
  /** @returns `done` or the error's code, once it has settled */
  readonly write: (action: string, value?: string, superseded?: AbortSignal) => { outcome: string };
}

function bench(more: Partial<BmcSettings> = {}): Bench {
  const clock = new TestClock();
  const bmc = new MockBmc();
  const deps = { bmc, clock, log: silentLog, settings: { ...settings, ...more } };
  const part = chassisPart(deps, new Host(deps), true);
  const write: Bench["write"] = (name, value, superseded) => {
    const [device] = part.devices;
    const action = device?.actions.find((one) => one.name === name);
    assert.ok(device !== undefined && action !== undefined && part.write !== undefined, name);
    const state = { outcome: "waiting" };
    const command = { device: device.id, action, ...(value === undefined ? {} : { value }) };
    part.write(command, new AbortController().signal, superseded).then(
      () => (state.outcome = "done"),
      (thrown: unknown) => (state.outcome = thrown instanceof BothyError ? thrown.code : String(thrown)),
    );
    return state;
  };
  return { clock, bmc, part, write };
}

test("a state that is there is not commanded", async () => {
  const { bmc, clock, write } = bench();
  const on = write("state", "on");
  await clock.advance(0);
  assert.deepEqual([on.outcome, bmc.told], ["done", []]);
  bmc.on = false;
  for (const value of ["off", "soft", "soft-off"]) {
    const off = write("state", value);
    await clock.advance(0);
    assert.deepEqual([off.outcome, bmc.told], ["done", []], value);
  }
});

test("soft-off asks, waits, then cuts the power; soft never does", async () => {
  const gentle = bench();
  const soft = gentle.write("state", "soft");
  await gentle.clock.advance(120_000);
  assert.deepEqual([soft.outcome, gentle.bmc.told, gentle.bmc.on], ["NOT_CONFIRMED", ["soft"], true]);
  const ladder = bench();
  const off = ladder.write("state", "soft-off");
  await ladder.clock.advance(59_000);
  assert.deepEqual([off.outcome, ladder.bmc.told], ["waiting", ["soft"]]);
  await ladder.clock.advance(3000);
  assert.deepEqual([off.outcome, ladder.bmc.told, ladder.bmc.on], ["done", ["soft", "off"], false]);
  const always = bench({ softAlways: true });
  const plain = always.write("state", "off");
  await always.clock.advance(62_000);
  assert.deepEqual([plain.outcome, always.bmc.told], ["done", ["soft", "off"]]);
});

test("a newer write ends the ladder before the power is cut", async () => {
  const { bmc, clock, write } = bench();
  const newer = new AbortController();
  const off = write("state", "soft-off", newer.signal);
  await clock.advance(20_000);
  newer.abort();
  await clock.advance(120_000);
  assert.deepEqual([off.outcome, bmc.told, bmc.on], ["STOPPED", ["soft"], true]);
});

test("silence: a state is looked at before it is told again; a pulse is never told twice", async () => {
  const lost = bench();
  lost.bmc.lost = 1;
  const off = lost.write("state", "off");
  await lost.clock.advance(5000);
  assert.deepEqual([off.outcome, lost.bmc.told], ["done", ["off", "off"]]);
  const mute = bench();
  mute.bmc.mute = 1;
  const done = mute.write("state", "off");
  await mute.clock.advance(5000);
  assert.deepEqual([done.outcome, mute.bmc.told], ["done", ["off"]]);
  for (const pulse of ["cycle", "reset", "diag"]) {
    const { bmc, clock, write } = bench();
    bmc.lost = 1;
    const outcome = write(pulse);
    await clock.advance(60_000);
    assert.deepEqual([outcome.outcome, bmc.told], ["OUTCOME_UNKNOWN", [pulse]], pulse);
  }
});

test("a pulse on a server that is off is refused, whatever its BMC would make of it", async () => {
  const { bmc, clock, write } = bench();
  bmc.on = false;
  for (const pulse of ["cycle", "reset", "diag"]) {
    const refused = write(pulse);
    await clock.advance(0);
    assert.deepEqual([refused.outcome, bmc.told], ["REFUSED", []]);
  }
});

test("who may only look has nothing to write; the lamp is there when it can be seen", () => {
  const [power, led] = bench({ privilege: 2 }).part.devices;
  assert.deepEqual([power?.actions, led?.actions], [[], []]);
});

test("ids follow from the alias, not from the address", () => {
  const ids = (more: Partial<BmcSettings>): readonly string[] => bench(more).part.devices.map(({ id }) => id);
  assert.deepEqual(ids({ host: "10.0.0.99" }), ids({}));
  assert.notDeepEqual(ids({ at: "server-2", name: "bmcs:server-2" }), ids({}));
});
