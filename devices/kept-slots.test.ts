import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planOf, pollOf, TestConnection } from "../test/support/connection.ts";
import { dutyAction, testDevice, valueId } from "../test/support/device.ts";
import { MemoryKeeper } from "../test/support/memory-keeper.ts";
import { settle, TestClock } from "../test/support/test-clock.ts";
import { hours, type Millis, minutes, seconds } from "./clock.ts";
import type { Action, Device } from "./device.ts";
import { BothyError } from "./errors.ts";
import { Link } from "./link.ts";
import { type LinkDeps, silentLog } from "./plugin.ts";
import type { Value } from "./reading.ts";
import { Registry } from "./registry.ts";
import { ReadingStore } from "./store.ts";
import { type Slot, slots } from "./transaction.ts";
import { valueKey } from "./value-id.ts";
import { Writer } from "./writer.ts";

const duty = valueId("fan", "duty");

interface Options {
  readonly actions?: readonly Action[];
  /** What a fan shows; absent: it does not answer. */
  readonly shows?: Value;
  /** How long the link takes to open. */
  readonly opens?: Millis;
  /** Whether the fan is only found once the link is open. */
  readonly found?: boolean;
  readonly bus?: string;
}

/** One run of a program over one fan. */
class Run {
  readonly clock: TestClock;
  readonly keeper: MemoryKeeper;
  readonly said: string[] = [];
  readonly writer: Writer;
  readonly device: Device;
  readonly connection: TestConnection;
  deps: LinkDeps | undefined;
  readonly #link: Link;

  constructor(keeper: MemoryKeeper, wall: number, options: Options) {
    const { actions = [dutyAction()], shows = 20, opens = 0, found = false, bus = "link" } = options;
    this.clock = new TestClock(wall);
    this.keeper = keeper;
    const { clock } = this;
    const hear = (_: object, text: string): void => void this.said.push(text);
    const log = { ...silentLog, warn: hear, error: hear };
    const registry = new Registry();
    const store = new ReadingStore({ clock });
    this.device = testDevice("fan", ["duty"], { alias: "tray.fan", actions, link: bus });
    this.connection = new TestConnection(clock, [pollOf("fan", { values: [duty], period: 5000 })]);
    this.connection.hold(duty, shows);
    const open = async (deps: LinkDeps): Promise<TestConnection> => {
      this.deps = deps;
      await clock.sleepUntil(opens, deps.signal);
      return this.connection;
    };
    const plan = planOf(found ? [] : [this.device], open, bus);
    this.#link = new Link(plan, { clock, log: silentLog, registry, store });
    const links = (name: string): Link | undefined => (name === bus ? this.#link : undefined);
    this.writer = new Writer({ clock, log, registry, store, keeper, links });
  }

  async start(): Promise<this> {
    this.#link.start();
    this.writer.start();
    await settle();
    return this;
  }

  fill(value: number, slot: Slot = slots.operator, holdFor?: Millis, forced?: true): string {
    const rest = {
      ...(holdFor === undefined ? {} : { holdFor }),
      ...(forced === undefined ? {} : { forced }),
    };
    const request = { device: "fan", action: "speed", data: String(value), slot, who: "ann", why: "hot" };
    return this.writer.submit({ ...request, ...rest }).id;
  }

  /** The program dies, and is started again after a while; hardware keeps what it shows unless told otherwise. */
  async restart(down: Millis = 0, options: Options = {}): Promise<Run> {
    const shows = this.connection.hardware.get(valueKey(duty));
    const next = new Run(this.keeper.crash(), this.clock.now() + down, {
      ...(shows === undefined ? {} : { shows }),
      ...options,
    });
    return await next.start();
  }

  array() {
    return this.writer.array("fan")[0];
  }

  /** What is kept of slots. */
  get kept(): number {
    return this.keeper.load("slot").size;
  }
}

const run = (options: Options = {}): Promise<Run> =>
  new Run(new MemoryKeeper(), Date.parse("2031-05-06T07:08:09Z"), options).start();

test("filled slots are in force again, with who, why and since; hardware that agrees is not told again", async () => {
  const before = await run();
  before.fill(40, slots.plan);
  before.fill(80);
  await before.clock.advance(minutes(1));
  const { entries } = before.array() ?? {};
  const after = await before.restart(minutes(2));
  assert.deepEqual(after.array()?.entries, entries);
  assert.equal(after.array()?.holding, "unknown");
  await after.clock.advance(minutes(1));
  assert.equal(after.array()?.holding, "held");
  assert.deepEqual(after.connection.written, [], "it shows 80 %");
  await after.clock.advance(minutes(26));
  assert.deepEqual(
    after.array()?.entries.length,
    1,
    "30 minutes after it was filled, wherever they were spent",
  );
  assert.deepEqual(after.connection.written, [40]);
  assert.equal(after.kept, 1);
});

test("what is forced past a guard is so after a restart too, for what is left of its time", async () => {
  const before = await run();
  before.fill(0, slots.minimumOnOff);
  before.fill(80, slots.operator, minutes(10), true);
  const after = await before.restart(minutes(4));
  assert.equal(after.array()?.inForce?.value, 80);
  await after.clock.advance(minutes(6));
  assert.equal(after.array()?.inForce?.value, 0);
});

test("hardware that shows something else is told once, and only after the link was opened and it was read", async () => {
  const before = await run();
  before.fill(80);
  await before.clock.advance(minutes(1));
  const after = await before.restart(0, { shows: 20, opens: seconds(45) });
  await after.clock.advance(seconds(45) - 1);
  assert.deepEqual(after.connection.written, []);
  assert.deepEqual(after.said, [], "nothing failed meanwhile");
  await after.clock.advance(1);
  assert.deepEqual(after.connection.written, [], "opened, but not read");
  await after.clock.advance(minutes(5));
  assert.deepEqual(after.connection.written, [80]);
  const texts = after.writer.list().map((id) => after.writer.get(id)?.request.why);
  assert.ok(texts.includes("hardware shows 20 % instead of 80 %, in force since before the start"));
  assert.equal(after.array()?.holding, "held");
});

test("hardware that cannot be read is told unseen, unless that wears it out", async () => {
  const silent = new BothyError("NO_ANSWER", { source: "fan", timeout: 100 });
  for (const storage of ["ram", "eeprom"] as const) {
    const actions = [dutyAction({ storage })];
    const before = await run({ actions });
    before.fill(80, slots.plan);
    await before.clock.advance(minutes(1));
    const after = new Run(before.keeper.crash(), before.clock.now(), { actions, opens: seconds(30) });
    after.connection.faults.set("fan", silent);
    await after.start();
    await after.clock.advance(seconds(39));
    assert.deepEqual(after.connection.written, []);
    await after.clock.advance(seconds(2));
    assert.deepEqual(after.connection.written, storage === "ram" ? [80] : []);
  }
});

test("a slot whose time was over before the start is given up, and said", async () => {
  const before = await run();
  before.fill(40, slots.plan);
  before.fill(80, slots.operator, minutes(5));
  await before.clock.advance(minutes(1));
  const after = await before.restart(minutes(4));
  assert.deepEqual(
    after.array()?.entries.map(({ slot, value }) => [slot, value]),
    [[slots.plan, 40]],
  );
  assert.match(after.said[0] ?? "", /fan speed: slot 8 \(operator\) of ann is given up: its time was over/);
  assert.equal(after.kept, 1);
  await after.clock.advance(seconds(10));
  assert.deepEqual(after.connection.written, [40], "it still showed 80 %");
});

test("a wall clock that was set back gives no slot more time than it was given, nor that at every start", async () => {
  const before = await run();
  before.fill(80);
  await before.clock.advance(minutes(20));
  const first = await before.restart(-hours(24 * 365));
  const expires = first.array()?.entries[0]?.expires;
  assert.equal(expires, first.clock.now() + minutes(30));
  await first.clock.advance(minutes(20));
  const second = await first.restart(minutes(5));
  assert.equal(second.array()?.entries[0]?.expires, expires);
  await second.clock.advance(minutes(5));
  assert.deepEqual(second.array()?.entries, []);
});

test("what the action does not take any more is given up, and said; so is what there is no action for", async () => {
  const before = await run();
  before.fill(80, slots.plan);
  before.fill(30, slots.controller);
  await before.clock.advance(minutes(1));
  const accepts = { kind: "number", min: 0, max: 50, step: 1, unit: "%" } as const;
  const narrower = await before.restart(0, { actions: [dutyAction({ accepts })] });
  assert.deepEqual(
    narrower.array()?.entries.map(({ value }) => value),
    [30],
  );
  assert.match(
    narrower.said.join(),
    /slot 10 \(plan\) of ann is given up: the action does not take this value/,
  );
  const renamed = await narrower.restart(0, { actions: [dutyAction({ name: "duty" })] });
  assert.deepEqual(renamed.array()?.entries, []);
  assert.match(renamed.said.join(), /slot 12 \(controller\) of ann is given up: there is no such action/);
  const pulse = await before.restart(0, { actions: [dutyAction({ kind: "pulse" })] });
  assert.match(pulse.said.join(), /there is no such action any more/);
  assert.deepEqual([narrower.kept, renamed.kept, pulse.kept], [1, 0, 0]);
});

test("slots of a bus that is no more are given up; those of a device that is not there are kept for a week of the program's", async () => {
  const before = await run();
  before.fill(80, slots.plan);
  await before.clock.advance(minutes(1));
  const moved = await before.restart(0, { bus: "other", found: true });
  assert.match(moved.said.join(), /there is no bus link any more/);
  assert.equal(moved.kept, 0);

  const missing = await before.restart(0, { found: true });
  assert.equal(missing.kept, 1);
  assert.match(missing.said.join(), /kept for devices that are not there/);
  const later = await missing.restart(hours(6 * 24), { found: true });
  assert.equal(later.kept, 1);
  const back = await later.restart(hours(12));
  assert.deepEqual(back.array()?.entries.length, 1);
  const gone = await (await back.restart(0, { found: true })).restart(hours(8 * 24), { found: true });
  await gone.clock.suspend(hours(6 * 24) - minutes(1));
  assert.equal(gone.kept, 1, "of the time it did not run not more than a day counts");
  await gone.clock.suspend(hours(1));
  assert.match(gone.said.join(), /has not been there for a week/);
  assert.equal(gone.kept, 0);
  gone.deps?.found([gone.device]);
  assert.deepEqual(gone.array()?.entries, []);
  gone.writer.stop();
});

test("a clock that is wrong at some starts, or set while the program runs, costs no slot its week", async () => {
  const year = hours(365 * 24);
  let site = await run();
  site.fill(80, slots.plan);
  await site.clock.advance(minutes(1));
  site = await site.restart(0, { found: true });
  for (const wrong of [year, -year, -year, year]) {
    site = await site.restart(wrong, { found: true });
    assert.equal(site.kept, 1, site.said.join());
    site.clock.setWall(wrong);
    await site.clock.suspend(hours(25));
    assert.equal(site.kept, 1, site.said.join());
  }
  // Two starts ahead of the time before count a day each, and four days and four hours it ran.
  await site.clock.suspend(hours(7 * 24 - 2 * 24 - 4 * 25) - minutes(1));
  assert.equal(site.kept, 1);
  await site.clock.suspend(hours(1));
  assert.equal(site.kept, 0);
});

test("a device that is found later gets its slots back when it is, and is told once", async () => {
  const before = await run();
  before.fill(80, slots.plan);
  before.fill(90, slots.operator, minutes(3));
  await before.clock.advance(minutes(1));
  const after = await before.restart(0, { found: true, shows: 20 });
  await after.clock.advance(minutes(5));
  assert.deepEqual(after.writer.array("fan"), []);
  after.deps?.found([after.device]);
  assert.deepEqual(
    after.array()?.entries.map(({ value }) => value),
    [80],
    "the other's time was over meanwhile",
  );
  await after.clock.advance(minutes(1));
  assert.deepEqual(after.connection.written, [80]);
  assert.equal(after.kept, 1);
});

test("a device that is gone for a while has its slots when it is back; what it was being told ends", async () => {
  const at = await run({ found: true });
  at.deps?.found([at.device]);
  await at.clock.advance(seconds(10));
  at.fill(80, slots.plan);
  await at.clock.advance(seconds(10));
  at.connection.failWrites = "hang";
  const write = at.fill(90);
  await at.clock.advance(seconds(1));
  at.deps?.found([]);
  await settle();
  assert.equal(at.writer.get(write)?.reason?.code, "NOT_FOUND");
  assert.deepEqual(at.writer.array("fan"), []);
  assert.equal(at.kept, 2);
  await at.clock.advance(minutes(31));
  at.connection.failWrites = undefined;
  at.connection.hold(duty, 20);
  at.deps?.found([at.device]);
  assert.deepEqual(
    at.array()?.entries.map(({ value }) => value),
    [80],
  );
  await at.clock.advance(minutes(1));
  assert.deepEqual(at.connection.written.slice(2), [80]);
});

test("a device that is found anew with the same actions is told on; with a smaller range it is not", async () => {
  const at = await run({ found: true });
  at.deps?.found([at.device]);
  await at.clock.advance(seconds(10));
  const write = at.fill(80);
  await settle();
  at.deps?.found([{ ...at.device, info: "another text" }]);
  await at.clock.advance(seconds(1));
  assert.equal(at.writer.get(write)?.status, "DONE");
  const accepts = { kind: "number", min: 0, max: 50, step: 1, unit: "%" } as const;
  at.deps?.found([{ ...at.device, actions: [dutyAction({ accepts })] }]);
  assert.deepEqual(at.array()?.entries, []);
  assert.match(at.said.join(), /does not take this value any more/);
});

test("the default is the product's as it is now, unless somebody else has filled its slot", async () => {
  const before = await run({ actions: [dutyAction({ default: 60 })] });
  await before.clock.advance(minutes(1));
  assert.deepEqual(before.connection.written, [60]);
  assert.equal(before.kept, 0);
  const after = await before.restart(0, { actions: [dutyAction({ default: 70 })] });
  await after.clock.advance(minutes(1));
  assert.deepEqual(after.connection.written, [70]);
  after.fill(50, slots.default);
  await after.clock.advance(minutes(1));
  const last = await after.restart(0, { actions: [dutyAction({ default: 70 })] });
  await last.clock.advance(minutes(1));
  assert.deepEqual(last.array()?.inForce?.value, 50);
  assert.deepEqual(last.connection.written, []);
});

test("the writer is told of nothing before it is kept, and tells hardware without waiting for that", async () => {
  const at = await run();
  await at.clock.advance(seconds(1));
  at.keeper.waits = true;
  const id = at.fill(80);
  let told = false;
  const waiting = at.writer.wait(id).then(() => {
    told = true;
  });
  await at.clock.advance(minutes(1));
  assert.deepEqual(at.connection.written, [80]);
  assert.equal(at.writer.get(id)?.status, "DONE");
  assert.equal(told, false);
  at.keeper.reach();
  await waiting;
  assert.equal(told, true);
});

test("in any sequence of events, a restart leaves the slots as they were", async () => {
  const event = fc.oneof(
    fc.record({
      kind: fc.constant("fill" as const),
      slot: fc.constantFrom(slots.failSafe, slots.operator, slots.plan, slots.controller),
      value: fc.integer({ min: 0, max: 100 }),
      holdFor: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
    }),
    fc.record({
      kind: fc.constant("relinquish" as const),
      slot: fc.constantFrom(slots.operator, slots.plan),
    }),
    fc.record({ kind: fc.constant("pass" as const), span: fc.integer({ min: 0, max: 300 }) }),
    fc.record({ kind: fc.constant("restart" as const), span: fc.integer({ min: 0, max: 300 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
      let at = await run();
      for (const one of events) {
        if (one.kind === "fill")
          at.fill(one.value, one.slot, one.holdFor === undefined ? undefined : seconds(one.holdFor));
        else if (one.kind === "relinquish")
          at.writer.relinquish({ device: "fan", action: "speed", slot: one.slot, who: "ann", why: "cool" });
        else if (one.kind === "pass") await at.clock.advance(seconds(one.span));
        else {
          const now = at.clock.now() + seconds(one.span);
          const wanted = at.array()?.entries.filter(({ expires = Infinity }) => expires > now);
          at = await at.restart(seconds(one.span));
          assert.deepEqual(at.array()?.entries, wanted);
          assert.equal(at.kept, wanted?.length);
        }
      }
      await at.clock.advance(seconds(30));
      const { inForce, holding } = at.array() ?? {};
      if (inForce !== undefined) {
        assert.equal(holding, "held");
        assert.equal(at.connection.hardware.get(valueKey(duty)), inForce.value);
      }
    }),
    { numRuns: 60 },
  );
});

test("whatever stands where slots are kept, a start survives it, and only what was a slot is in force", async () => {
  const good = {
    device: "fan",
    action: "speed",
    link: "link",
    entry: { slot: 10, value: 50, who: "ann", why: "hot", since: 0 },
  };
  const key = JSON.stringify(["fan", "speed", 10]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(key, JSON.stringify(["fan", "speed", 8]), "fan"),
      fc.constantFrom("device", "action", "link", "slot", "value", "who", "why", "since", "expires"),
      fc.oneof(fc.jsonValue(), fc.constantFrom(10, 8, "fan", "speed", -1, 1e300)),
      async (at, field, value) => {
        const keeper = new MemoryKeeper();
        const outside = ["device", "action", "link"].includes(field);
        keeper.put(
          "slot",
          at,
          outside ? { ...good, [field]: value } : { ...good, entry: { ...good.entry, [field]: value } },
        );
        const after = await new Run(keeper.crash(), 1_000_000, {}).start();
        for (const entry of after.array()?.entries ?? []) {
          assert.equal(JSON.stringify(["fan", "speed", entry.slot]), at);
          assert.ok(typeof entry.value === "number" && entry.value >= 0 && entry.value <= 100);
          assert.ok(typeof entry.who === "string" && Number.isFinite(entry.since));
        }
      },
    ),
  );
});
