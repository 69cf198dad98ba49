import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planOf, pollOf, TestConnection } from "../test/support/connection.ts";
import { dutyAction, good, testDevice, valueId } from "../test/support/device.ts";
import { settle, TestClock } from "../test/support/test-clock.ts";
import type { Action, Device } from "./device.ts";
import { BothyError } from "./errors.ts";
import { Link } from "./link.ts";
import { silentLog } from "./plugin.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";
import { type Slot, slots, type Transaction, type WriteRequest } from "./transaction.ts";
import { valueKey } from "./value-id.ts";
import { Writer } from "./writer.ts";

const duty = valueId("fan", "duty");
const unplugged = new BothyError("LINE_DOWN", { source: "/dev/tty", fault: "it was unplugged" });
const unconfirmed = new BothyError("DEVICE_FAILURE", { source: "fan", fault: "exception 4" });

class Bench {
  readonly clock = new TestClock();
  readonly store = new ReadingStore({ clock: this.clock });
  readonly registry = new Registry();
  readonly said: string[] = [];
  readonly link: Link;
  readonly writer: Writer;
  readonly #prepare: (connection: TestConnection) => void;
  connection: TestConnection;
  refuseOpen = false;

  constructor(actions: readonly Action[], rest: Partial<Device>, prepare: (c: TestConnection) => void) {
    const hear = (_: object, text: string): void => void this.said.push(text);
    const log = { ...silentLog, warn: hear, error: hear };
    const device = testDevice("fan", ["duty", "rpm"], { alias: "tray.fan", actions, ...rest });
    const readOnly = testDevice("probe", ["temperature"], { alias: "inlet" });
    this.#prepare = prepare;
    this.connection = this.#connect();
    const open = (): Promise<TestConnection> => {
      if (this.refuseOpen) return Promise.reject(unplugged);
      const { hardware } = this.connection;
      this.connection = this.#connect();
      for (const [key, value] of hardware) this.connection.hardware.set(key, value);
      return Promise.resolve(this.connection);
    };
    this.link = new Link(planOf([device, readOnly], open), {
      clock: this.clock,
      log: silentLog,
      registry: this.registry,
      store: this.store,
    });
    this.writer = new Writer({
      clock: this.clock,
      log,
      registry: this.registry,
      store: this.store,
      links: (name) => (name === "link" ? this.link : undefined),
    });
  }

  #connect(): TestConnection {
    const made = new TestConnection(this.clock, [pollOf("fan", { values: [duty], period: 5000 })]);
    this.#prepare(made);
    return made;
  }

  submit(data: string | undefined, rest: Partial<WriteRequest> = {}): Transaction {
    const base = { device: "fan", action: "speed", slot: slots.operator, who: "ann", why: "too hot" };
    return this.writer.submit({ ...base, ...(data === undefined ? {} : { data }), ...rest });
  }

  status(transaction: Transaction): string {
    const { status, reason } = this.writer.get(transaction.id) ?? transaction;
    return reason === undefined ? status : `${status} ${reason.code}`;
  }

  array() {
    const [first] = this.writer.array("fan");
    assert.ok(first);
    return first;
  }

  internal(): readonly Transaction[] {
    return this.writer
      .list()
      .flatMap((id) => this.writer.get(id) ?? [])
      .filter(({ request }) => request.who === "bothy");
  }
}

/** A site with one fan, its link open and read once. */
async function bench(
  actions: readonly Action[] = [dutyAction()],
  rest: Partial<Device> = {},
  prepare: (connection: TestConnection) => void = () => undefined,
): Promise<Bench> {
  const at = new Bench(actions, rest, prepare);
  at.link.start();
  at.writer.start();
  await at.clock.advance(100);
  return at;
}

const code = (wanted: string) => (error: unknown) => error instanceof BothyError && error.code === wanted;

test("a command carries the id of its transaction once; what is sent again has none", async () => {
  const at = await bench([dutyAction(), dutyAction({ name: "kick", kind: "pulse" })]);
  at.connection.failWrites = unconfirmed;
  at.submit("70", { transaction: "mine" });
  await at.clock.advance(3000);
  at.connection.failWrites = undefined;
  await at.clock.advance(3000);
  const pulse = at.submit("20", { action: "kick", who: "ben" });
  await at.clock.advance(1000);
  const sent = at.connection.commands.map(({ action, transaction }) => [action.name, transaction]);
  const again = sent.slice(1, -1);
  assert.deepEqual(
    [sent[0], sent.at(-1)],
    [
      ["speed", "mine"],
      ["kick", pulse.id],
    ],
  );
  assert.ok(again.length > 0);
  for (const one of again) assert.deepEqual(one, ["speed", undefined]);
});

test("bad input is refused at once, and changes nothing", async () => {
  const at = await bench();
  const cases: [Partial<WriteRequest>, string][] = [
    [{ device: "nobody" }, "NOT_FOUND"],
    [{ device: "inlet" }, "NOT_WRITABLE"],
    [{ action: "colour" }, "UNKNOWN_ACTION"],
    [{ data: "fast" }, "BAD_VALUE"],
    [{ data: "101" }, "OUT_OF_RANGE"],
    [{ slot: 3 as Slot }, "BAD_INPUT"],
    [{ holdFor: 0 }, "BAD_INPUT"],
    [{ holdFor: NaN }, "BAD_INPUT"],
    [{ transaction: "" }, "BAD_INPUT"],
  ];
  for (const [wrong, expected] of cases)
    assert.throws(() => at.submit("50", wrong), code(expected), expected);
  at.submit("50", { transaction: "mine" });
  assert.throws(() => at.submit("60", { transaction: "mine" }), code("DUPLICATE_TRANSACTION"));
  await at.clock.advance(1000);
  assert.deepEqual(at.connection.written, [50]);
  assert.deepEqual(at.array().entries.length, 1);
});

test("a write is sent, read back, and then done", async () => {
  const at = await bench();
  const write = at.submit("80", { device: "tray.fan" });
  assert.equal(write.status, "PENDING");
  assert.equal(write.request.device, "fan", "an alias is resolved");
  await settle();
  assert.equal(at.status(write), "WRITING");
  const waiting = at.writer.wait(write.id);
  await at.clock.advance(10);
  const done = await waiting;
  assert.equal(done.status, "DONE");
  assert.equal(done.message, "read back 80 %");
  const reading = at.store.get(duty);
  assert.equal(reading?.quality === "good" && reading.value, 80);
  const { inForce, holding } = at.array();
  assert.equal(holding, "held");
  assert.deepEqual(inForce, {
    slot: 8,
    value: 80,
    who: "ann",
    why: "too hot",
    since: write.created,
    expires: write.created + 30 * 60_000,
  });
});

test("what is read back must be what was written, within the tolerance", async () => {
  const at = await bench();
  at.connection.obey = () => at.connection.hold(duty, 80.5);
  const near = at.submit("80.25");
  await at.clock.advance(10);
  assert.equal(at.status(near), "DONE");
  at.connection.obey = () => at.connection.hold(duty, 50);
  const far = at.submit("81");
  await at.clock.advance(10);
  assert.equal(at.status(far), "ERROR NOT_CONFIRMED");
  assert.match(at.writer.get(far.id)?.message ?? "", /wrote 81 % but read back 50 %/);
  assert.equal(at.array().holding, "failing");
});

test("an effect may take as long to show as its action says", async () => {
  const at = await bench([dutyAction({ settle: 10_000 })]);
  at.connection.obey = () => undefined;
  const slow = at.submit("80");
  await at.clock.advance(7000);
  assert.equal(at.status(slow), "WRITING");
  at.connection.hold(duty, 80);
  await at.clock.advance(600);
  assert.equal(at.status(slow), "DONE");
  const never = at.submit("90");
  await at.clock.advance(10_100);
  assert.equal(at.status(never), "ERROR NOT_CONFIRMED");
});

test("an effect that is not read with the write is read by itself", async () => {
  const at = await bench();
  at.connection.write = ({ value }) => {
    at.connection.hold(duty, value ?? 0);
    return Promise.resolve([]);
  };
  const write = at.submit("80");
  await at.clock.advance(20);
  assert.equal(at.status(write), "DONE");
  at.connection.faults.set("fan", new BothyError("REFUSED", { source: "fan", fault: "no" }));
  const unseen = at.submit("81");
  await at.clock.advance(20);
  assert.equal(at.status(unseen), "ERROR NOT_CONFIRMED");
});

test("a weaker write is held but not sent, and says who is stronger and why", async () => {
  const at = await bench();
  at.submit("100", { slot: slots.failSafe, who: "zone cold", why: "inlet silent" });
  const weak = at.submit("30");
  assert.equal(weak.status, "ERROR");
  assert.equal(weak.reason?.code, "OVERRIDDEN");
  assert.match(
    weak.message,
    /held in slot 8 \(operator\), but slot 2 \(fail-safe\) of zone cold is in force \(inlet silent\)/,
  );
  await at.clock.advance(1000);
  assert.deepEqual(at.connection.written, [100]);
  assert.deepEqual(
    at.array().entries.map(({ slot, value }) => [slot, value]),
    [
      [2, 100],
      [8, 30],
    ],
  );
});

test("when a slot is relinquished or expires the next one is commanded, on the record", async () => {
  const at = await bench();
  at.submit("40", { slot: slots.controller, who: "loop" });
  at.submit("60", { holdFor: 60_000 });
  at.submit("100", { slot: slots.failSafe, who: "zone" });
  await at.clock.advance(100);
  at.writer.relinquish({ device: "tray.fan", action: "speed", slot: 2, who: "bob", why: "fixed" });
  await at.clock.advance(100);
  assert.equal(at.connection.written.at(-1), 60);
  const [internal] = at.internal();
  assert.equal(internal?.status, "DONE");
  assert.match(
    internal.request.why,
    /slot 2 \(fail-safe\) of zone was relinquished by bob \(fixed\); slot 8 .* of ann/,
  );
  await at.clock.advance(60_000);
  assert.equal(at.connection.written.at(-1), 40);
  assert.match(
    at
      .internal()
      .map(({ request }) => request.why)
      .join(),
    /slot 8 \(operator\) of ann has expired/,
  );
  const count = at.connection.commands.length;
  at.writer.relinquish({ device: "fan", action: "speed", slot: 12, who: "bob", why: "off" });
  at.writer.relinquish({ device: "fan", action: "speed", slot: 12, who: "bob", why: "again" });
  await at.clock.advance(10_000);
  assert.equal(at.connection.commands.length, count, "nothing is commanded when the array is empty");
  assert.deepEqual(at.array(), {
    action: "speed",
    shows: { output: "duty" },
    entries: [],
    holding: "nothing",
  });
});

test("an operator holds for half an hour, others for good", async () => {
  const at = await bench();
  at.submit("40", { slot: slots.controller, who: "loop" });
  at.submit("60");
  await at.clock.advance(30 * 60_000 - 1);
  assert.equal(at.array().inForce?.value, 60);
  await at.clock.advance(1);
  assert.equal(at.array().inForce?.value, 40);
  await at.clock.advance(24 * 3_600_000);
  assert.equal(at.array().inForce?.value, 40);
});

test("writes to one device are sent one at a time, in order; a newer one of the same action replaces one not sent", async () => {
  const other = dutyAction({ name: "pump", shows: { output: "rpm" } });
  const at = await bench([dutyAction(), other]);
  const first = at.submit("10");
  await settle();
  const second = at.submit("20");
  const pump = at.submit("70", { action: "pump" });
  const third = at.submit("30");
  await settle();
  assert.equal(at.status(second), "ERROR SUPERSEDED");
  assert.deepEqual(at.connection.written, [10]);
  await at.clock.advance(30);
  assert.deepEqual(at.connection.written, [10, 70, 30]);
  assert.deepEqual(
    [first, pump, third].map((t) => at.status(t)),
    ["DONE", "DONE", "DONE"],
  );
});

test("a stronger write does not wait for a weaker one to settle", async () => {
  const at = await bench([dutyAction({ settle: 20_000 })]);
  at.connection.obey = () => undefined;
  const weak = at.submit("30");
  await at.clock.advance(1000);
  const strong = at.submit("100", { slot: slots.lifeSafety, who: "smoke" });
  await settle();
  assert.equal(at.status(weak), "ERROR OVERRIDDEN");
  assert.deepEqual(at.connection.written, [30, 100]);
  at.connection.hold(duty, 100);
  await at.clock.advance(2000);
  assert.equal(at.status(strong), "DONE");
});

test("a command of several steps is told when something newer is in force, and leaves out the rest", async () => {
  const at = await bench();
  const steps: string[] = [];
  at.connection.beforeWrites = async ({ value }, superseded) => {
    if (value !== 10) return;
    steps.push("gently");
    await at.clock.sleepUntil(at.clock.monotonic() + 60_000, superseded);
    if (superseded?.aborted === true) throw new BothyError("STOPPED", { source: "fan" });
    steps.push("by force");
  };
  const first = at.submit("10");
  await at.clock.advance(1000);
  const second = at.submit("20");
  await at.clock.advance(1000);
  assert.deepEqual(steps, ["gently"]);
  assert.deepEqual([at.status(first), at.status(second)], ["ERROR SUPERSEDED", "DONE"]);
  assert.deepEqual(at.array().holding, "held");
});

test("a command that fails is tried again ever less often, logged on entering and leaving, until it succeeds", async () => {
  const at = await bench();
  at.connection.failWrites = unconfirmed;
  const write = at.submit("80");
  await at.clock.advance(10);
  assert.equal(at.status(write), "ERROR DEVICE_FAILURE");
  assert.equal(at.array().holding, "failing");
  assert.equal(at.array().reason?.code, "DEVICE_FAILURE");
  await at.clock.advance(10 * 60_000);
  const tries = at.connection.commands.length;
  assert.ok(tries >= 14 && tries <= 17, `${tries} tries in ten minutes`);
  assert.equal(at.said.length, 1);
  at.connection.failWrites = undefined;
  await at.clock.advance(61_000);
  assert.equal(at.array().holding, "held");
  assert.equal(at.array().reason, undefined);
  const after = at.connection.commands.length;
  await at.clock.advance(600_000);
  assert.equal(at.connection.commands.length, after);
  assert.equal(at.said.length, 1);
});

test("a unit that says something again after a long silence is told at once, not at the next try", async () => {
  const at = await bench();
  const silent = new BothyError("NO_ANSWER", { source: "fan", timeout: 200 });
  at.connection.failWrites = silent;
  at.connection.faults.set("fan", silent);
  at.submit("80");
  // Tries come every minute by now, the last one a moment ago.
  await at.clock.advance(190_000);
  assert.equal(at.array().holding, "failing");
  at.connection.failWrites = undefined;
  at.connection.faults.clear();
  await at.clock.advance(12_000);
  assert.equal(at.array().holding, "held");
  assert.deepEqual(at.connection.hardware.get(valueKey(duty)), 80);
});

test("a unit that answers reads but no writes is not told again at every reading", async () => {
  const at = await bench();
  at.connection.failWrites = new BothyError("NO_ANSWER", { source: "fan", timeout: 200 });
  at.submit("80");
  await at.clock.advance(600_000);
  const tries = at.connection.commands.length;
  assert.ok(tries <= 17, `${tries} tries in ten minutes`);
});

test("a failing command is not tried again once its slot is given up", async () => {
  const at = await bench();
  at.connection.failWrites = unconfirmed;
  at.submit("80");
  await at.clock.advance(5000);
  at.writer.relinquish({ device: "fan", action: "speed", slot: 8, who: "ann", why: "enough" });
  const tries = at.connection.commands.length;
  await at.clock.advance(300_000);
  assert.equal(at.connection.commands.length, tries);
});

test("memory that wears out is tried three times, not for ever", async () => {
  const at = await bench([dutyAction({ storage: "eeprom" })]);
  at.connection.obey = () => undefined;
  at.submit("80");
  await at.clock.advance(3_600_000 / 4);
  assert.equal(at.connection.commands.length, 3);
  assert.equal(at.array().holding, "given up");
  assert.match(at.said.at(-1) ?? "", /given up/);
});

test("memory whose budget is spent is written once there is room again", async () => {
  const at = await bench([dutyAction({ storage: "eeprom" })]);
  at.connection.failWrites = new BothyError("TOO_MANY", { source: "fan", fault: "10 a day" });
  const held = at.submit("80", { slot: slots.controller });
  await at.clock.advance(1000);
  assert.equal(at.status(held), "ERROR TOO_MANY");
  await at.clock.advance(3_600_000);
  assert.equal(at.array().holding, "failing");
  assert.equal(at.array().reason?.code, "TOO_MANY");
  at.connection.failWrites = undefined;
  await at.clock.advance(61_000);
  assert.equal(at.array().holding, "held");
});

test("what protection wants is urgent, what others want is not", async () => {
  const at = await bench();
  at.submit("80");
  await at.clock.advance(100);
  at.submit("100", { slot: slots.failSafe });
  await at.clock.advance(100);
  assert.deepEqual(
    at.connection.commands.map(({ urgent = false }) => urgent),
    [false, true],
  );
});

test("a write that takes too long ends, and does not block the device", async () => {
  const at = await bench([dutyAction()], { writeTimeout: 3000 });
  at.connection.failWrites = "hang";
  const stuck = at.submit("80");
  await at.clock.advance(2999);
  assert.equal(at.status(stuck), "WRITING");
  await at.clock.advance(1);
  assert.equal(at.status(stuck), "ERROR WRITE_TIMEOUT");
  at.connection.failWrites = undefined;
  await at.clock.advance(1100);
  assert.equal(at.array().holding, "held", "it was tried again");
});

test("while the line is down a write fails but its slot is held, and is sent when the line is back", async () => {
  const at = await bench();
  at.refuseOpen = true;
  at.connection.fail(unplugged);
  await settle();
  const write = at.submit("80");
  await settle();
  assert.equal(at.status(write), "ERROR LINE_DOWN");
  await at.clock.advance(60_000);
  assert.equal(at.connection.commands.length, 0);
  at.refuseOpen = false;
  await at.clock.advance(31_000);
  assert.deepEqual(at.connection.written, [80]);
  assert.equal(at.array().holding, "held");
});

test("what was held is told again when the line was down, for hardware may have forgotten", async () => {
  const at = await bench();
  at.submit("80");
  await at.clock.advance(100);
  at.connection.fail(unplugged);
  await at.clock.advance(600);
  assert.deepEqual(at.connection.written, [80], "on the new connection");
  assert.match(at.internal()[0]?.request.why ?? "", /line was down/);
});

test("hardware that shows something else by itself is told again, at most once a minute", async () => {
  const at = await bench();
  at.submit("80");
  await at.clock.advance(100);
  at.connection.hold(duty, 20);
  await at.clock.advance(59_000);
  assert.deepEqual(at.connection.written, [80]);
  assert.equal(at.array().holding, "differs");
  await at.clock.advance(6000);
  assert.deepEqual(at.connection.written, [80, 80]);
  assert.match(at.internal()[0]?.request.why ?? "", /hardware shows 20 % instead of 80 %/);
  for (let n = 0; n < 60; n++) {
    at.connection.hold(duty, 20);
    await at.clock.advance(5000);
  }
  assert.ok(at.connection.commands.length <= 8, `${at.connection.commands.length} commands in six minutes`);
});

test("memory that wears out is not written again because hardware shows something else", async () => {
  const at = await bench([dutyAction({ storage: "eeprom" })]);
  at.submit("80");
  await at.clock.advance(100);
  at.connection.hold(duty, 20);
  await at.clock.advance(600_000);
  assert.deepEqual(at.connection.written, [80]);
  assert.equal(at.array().holding, "differs");
  assert.equal(at.said.length, 1);
  at.connection.hold(duty, 80);
  await at.clock.advance(6000);
  assert.equal(at.array().holding, "held");
});

test("memory that wears out is not written with what it holds already, whoever asks how often", async () => {
  const at = await bench([dutyAction({ storage: "eeprom" })]);
  at.connection.hold(duty, 80);
  for (let n = 0; n < 10; n++) {
    const write = at.submit("80");
    await at.clock.advance(1000);
    assert.equal(at.status(write), "DONE");
  }
  assert.deepEqual(at.connection.written, []);
  at.connection.hold(duty, 20);
  const write = at.submit("80");
  await at.clock.advance(1000);
  assert.equal(at.status(write), "DONE");
  assert.deepEqual(at.connection.written, [80]);
});

test("hardware that forgets is told again although the wall clock was set back", async () => {
  const at = await bench();
  at.submit("80");
  await at.clock.advance(100);
  at.clock.setWall(-3_600_000);
  at.connection.hold(duty, 20);
  await at.clock.advance(70_000);
  assert.deepEqual(at.connection.written, [80, 80]);
  assert.equal(at.array().holding, "held");
});

test("a default is commanded only when hardware shows something else", async () => {
  const same = await bench([dutyAction({ default: 20 })]);
  await same.clock.advance(60_000);
  assert.deepEqual(same.connection.written, []);
  assert.equal(same.array().holding, "held");
  assert.equal(same.array().inForce?.slot, 16);
  const differs = await bench([dutyAction({ default: 50 })]);
  assert.deepEqual(differs.connection.written, [50]);
  assert.equal(differs.array().holding, "held");
});

test("a default is commanded unseen when hardware shows nothing, but only on a line that is up", async () => {
  const refused = new BothyError("REFUSED", { source: "fan", fault: "exception 1" });
  const at = await bench([dutyAction({ default: 50 })], {}, ({ faults }) => faults.set("fan", refused));
  await at.clock.advance(9000);
  assert.deepEqual(at.connection.written, []);
  await at.clock.advance(2000);
  assert.deepEqual(at.connection.written, [50]);
});

test("a pulse is sent once and holds nothing", async () => {
  const reset: Action = { name: "reset", kind: "pulse", accepts: { kind: "none" }, storage: "ram" };
  const at = await bench([dutyAction(), reset]);
  const pulse = at.submit(undefined, { action: "reset" });
  await at.clock.advance(20);
  assert.equal(at.status(pulse), "DONE");
  assert.deepEqual(
    at.connection.commands.map(({ action, value }) => [action.name, value]),
    [["reset", undefined]],
  );
  assert.deepEqual(
    at.writer.array("fan").map(({ action }) => action),
    ["speed"],
  );
  at.connection.failWrites = unconfirmed;
  const failing = at.submit(undefined, { action: "reset" });
  await at.clock.advance(600_000);
  assert.equal(at.connection.commands.length, 2);
  assert.notEqual(at.status(failing), "DONE");
  const relinquish = () =>
    at.writer.relinquish({ device: "fan", action: "reset", slot: 8, who: "x", why: "y" });
  assert.throws(relinquish, code("BAD_INPUT"));
  const held = () => at.submit(undefined, { action: "reset", holdFor: 60_000 });
  assert.throws(held, code("BAD_INPUT"), "nobody is promised an end that never comes");
  assert.equal(at.connection.commands.length, 2);
});

test("a pulse that would disturb what somebody stronger holds is refused", async () => {
  const boost: Action = { ...dutyAction({ name: "boost", kind: "pulse", accepts: { kind: "none" } }) };
  const at = await bench([dutyAction(), boost]);
  at.submit("100", { slot: slots.failSafe, who: "zone", why: "inlet silent" });
  await at.clock.advance(20);
  const refused = at.submit(undefined, { action: "boost" });
  assert.equal(refused.reason?.code, "OVERRIDDEN");
  const own = at.submit(undefined, { action: "boost", who: "zone" });
  await at.clock.advance(20);
  assert.equal(at.status(own), "DONE");
});

test("stop ends everything at once, and nothing is accepted afterwards", async () => {
  const at = await bench([
    dutyAction({ settle: 20_000 }),
    dutyAction({ name: "pump", shows: { output: "rpm" } }),
  ]);
  at.connection.failWrites = "hang";
  const writes = [at.submit("80"), at.submit("70", { action: "pump" })];
  await at.clock.advance(100);
  at.writer.stop();
  for (const write of writes) assert.equal((await at.writer.wait(write.id)).reason?.code, "STOPPED");
  assert.throws(() => at.submit("10"), code("STOPPED"));
  await at.link.stop();
  at.store.stop();
  await at.clock.advance(60_000);
  assert.equal(at.connection.commands.length, 1);
  assert.equal(at.clock.waiting, 0);
});

test("whatever is written, relinquished or expires, hardware ends up at what is in force", async () => {
  const slot = fc.constantFrom<Slot>(2, 8, 10, 12, 16);
  const event = fc.oneof(
    fc.record({
      do: fc.constant("submit" as const),
      slot,
      value: fc.integer({ min: 0, max: 100 }),
      hold: fc.option(fc.integer({ min: 1, max: 20_000 })),
    }),
    fc.record({ do: fc.constant("relinquish" as const), slot }),
    fc.record({ do: fc.constant("pass" as const), time: fc.nat(5000) }),
    fc.record({ do: fc.constant("fail" as const), broken: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
      const at = await bench();
      const writes: Transaction[] = [];
      for (const step of events) {
        if (step.do === "submit")
          writes.push(
            at.submit(String(step.value), {
              slot: step.slot,
              ...(step.hold === null ? {} : { holdFor: step.hold }),
            }),
          );
        else if (step.do === "relinquish")
          at.writer.relinquish({ device: "fan", action: "speed", slot: step.slot, who: "x", why: "y" });
        else if (step.do === "pass") await at.clock.advance(step.time);
        else at.connection.failWrites = step.broken ? unconfirmed : undefined;
      }
      at.connection.failWrites = undefined;
      await at.clock.advance(130_000);
      for (const write of writes) assert.match(at.status(write), /^(DONE|ERROR .+)$/);
      const { inForce, holding } = at.array();
      if (inForce === undefined) assert.equal(holding, "nothing");
      else {
        assert.equal(holding, "held");
        assert.equal(at.connection.hardware.get("fan/duty"), inForce.value);
        assert.deepEqual(at.store.get(duty), good(duty, at.store.get(duty)?.at ?? 0, inForce.value));
      }
    }),
    { numRuns: 40 },
  );
});

test("an action that only the device knows is passed on as it is, and is done when it was taken", async () => {
  const at = await bench([], { otherActions: { kind: "text", maxLength: 5 } });
  const blink = at.submit("fast", { action: "blink" });
  await at.clock.advance(100);
  assert.equal(at.status(blink), "DONE");
  assert.deepEqual(
    at.connection.commands.map(({ action, value }) => [action.name, value]),
    [["blink", "fast"]],
  );
  assert.throws(() => at.submit("faster", { action: "blink" }), code("BAD_VALUE"));
});
