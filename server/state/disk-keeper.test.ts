import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentLog } from "../../devices/plugin.ts";
import { settle, TestClock } from "../../test/support/test-clock.ts";
import type { Change, Disk, Opened } from "./disk.ts";
import { DiskKeeper } from "./disk-keeper.ts";

/** What is on a disk, and how well it works. */
class Platter {
  readonly stored = new Map<string, string>();
  readonly batches: (readonly Change[])[] = [];
  fault: Error | undefined;
  closes = 0;
  #stuck: (() => void)[] | undefined;

  /** From now on nothing is taken, until `free`. */
  stick(): void {
    this.#stuck ??= [];
  }

  free(): void {
    for (const go of this.#stuck ?? []) go();
    this.#stuck = undefined;
  }

  readonly disk: Disk = {
    write: async (changes) => {
      const stuck = this.#stuck;
      if (stuck !== undefined) await new Promise<void>((go) => stuck.push(go));
      if (this.fault !== undefined) throw this.fault;
      this.batches.push(changes);
      for (const [key, json] of changes) {
        if (json === undefined) this.stored.delete(key);
        else this.stored.set(key, json);
      }
    },
    close: () => {
      this.closes++;
      return Promise.resolve();
    },
  };

  open(): Opened {
    if (this.fault !== undefined) throw this.fault;
    const records = [...this.stored].map(([key, json]) => [key, JSON.parse(json) as unknown] as const);
    return { disk: this.disk, records: new Map(records) };
  }
}

function bench(platter = new Platter()) {
  const clock = new TestClock();
  const said: string[] = [];
  const hear = (_: object, text: string): void => void said.push(text);
  const log = { ...silentLog, info: hear, warn: hear, error: hear };
  const reopen = (): Promise<Opened> => new Promise((resolve) => resolve(platter.open()));
  const keeper = new DiskKeeper({ clock, log, folder: "/state", reopen }, platter.open());
  return { clock, said, platter, keeper };
}

const noSpace = new Error("IO error: No space left on device");

test("what is waited for is written at once, what nobody waits for within ten seconds, all of it together", async () => {
  const { clock, platter, keeper } = bench();
  keeper.put("memory", "a", 1);
  keeper.put("memory", "b", [2]);
  await clock.advance(9999);
  assert.equal(platter.batches.length, 0);
  await clock.advance(1);
  assert.deepEqual(platter.batches, [
    [
      ["memory/a", "1"],
      ["memory/b", "[2]"],
    ],
  ]);
  keeper.put("memory", "a", 3);
  keeper.put("memory", "a", 4);
  keeper.drop("memory", "b");
  await keeper.flushed();
  assert.deepEqual(platter.batches[1], [
    ["memory/a", "4"],
    ["memory/b", undefined],
  ]);
  keeper.put("transaction", "t", { x: 1 }, "now");
  await settle();
  assert.equal(platter.batches.length, 3);
  await clock.advance(60_000);
  await keeper.flushed();
  assert.equal(platter.batches.length, 3, "nothing changed");
  assert.equal(clock.waiting, 0);
});

test("while one batch is on its way, all others become the next one", async () => {
  const { platter, keeper } = bench();
  platter.stick();
  keeper.put("slot", "0", 0, "now");
  await settle();
  const told: number[] = [];
  for (let i = 1; i <= 100; i++) {
    keeper.put("slot", String(i), i, "now");
    void keeper.flushed().then(() => told.push(i));
  }
  await settle();
  assert.equal(told.length, 0);
  platter.free();
  await settle();
  assert.deepEqual(
    platter.batches.map((batch) => batch.length),
    [1, 100],
  );
  assert.equal(told.length, 100);
});

test("who waits is told when what they gave is on the disk, and not when something before it is", async () => {
  const { platter, keeper } = bench();
  platter.stick();
  keeper.put("slot", "a", 1);
  const first = keeper.flushed().then(() => platter.stored.has("slot/a"));
  await settle();
  keeper.put("slot", "b", 2);
  const second = keeper.flushed().then(() => platter.stored.has("slot/b"));
  const third = keeper.flushed().then(() => platter.stored.has("slot/b"));
  platter.free();
  assert.deepEqual(await Promise.all([first, second, third]), [true, true, true]);
});

test("a disk that takes nothing for two seconds keeps nobody waiting, and is said to", async () => {
  const { clock, said, platter, keeper } = bench();
  platter.stick();
  keeper.put("slot", "a", 1);
  let told = 0;
  void keeper.flushed().then(() => told++);
  await clock.advance(1999);
  assert.equal(told, 0);
  assert.equal(keeper.status().kept, true);
  await clock.advance(1);
  assert.equal(told, 1);
  assert.equal(keeper.status().kept, false);
  assert.match(keeper.status().fault ?? "", /taken nothing for 2000 ms/);
  assert.equal(keeper.status().since, clock.now());
  keeper.put("slot", "b", 2);
  void keeper.flushed().then(() => told++);
  await clock.advance(2000);
  assert.equal(told, 2);
  platter.free();
  await settle();
  assert.deepEqual(keeper.status(), { kept: true, folder: "/state" });
  assert.equal(platter.stored.size, 2);
  assert.equal(said.length, 2, "once when it began and once when it ended");
});

test("a disk that failed is tried again, brought up to date in one batch, and holds nobody up meanwhile", async () => {
  const { clock, said, platter, keeper } = bench();
  keeper.put("slot", "old", 1);
  keeper.put("slot", "gone", 1);
  await keeper.flushed();
  platter.fault = noSpace;
  keeper.put("slot", "a", 1);
  await keeper.flushed();
  assert.equal(keeper.status().kept, false);
  assert.match(keeper.status().fault ?? "", /No space left/);
  assert.equal(platter.closes, 1);
  for (let i = 0; i < 1000; i++) {
    keeper.put("slot", `passing ${i}`, i, "now");
    keeper.drop("slot", `passing ${i}`);
  }
  keeper.put("slot", "old", 2);
  keeper.drop("slot", "gone");
  await keeper.flushed();
  await clock.advance(600_000);
  assert.equal(said.length, 1, "said once");
  platter.fault = undefined;
  await clock.advance(60_000);
  assert.equal(keeper.status().kept, true);
  assert.deepEqual(
    [...platter.stored],
    [
      ["slot/old", "2"],
      ["slot/a", "1"],
    ],
  );
  assert.equal(platter.batches.length, 2);
  assert.equal(said.length, 2);
  keeper.put("slot", "b", 1);
  await keeper.flushed();
  assert.ok(platter.stored.has("slot/b"));
});

test("what changes while a disk is brought up to date is not lost", async () => {
  const { clock, platter, keeper } = bench();
  platter.fault = noSpace;
  keeper.put("slot", "a", 1);
  await keeper.flushed();
  platter.fault = undefined;
  platter.stick();
  await clock.advance(1000);
  keeper.put("slot", "a", 2);
  keeper.put("slot", "b", 2);
  platter.free();
  await settle();
  await keeper.flushed();
  assert.deepEqual(
    [...platter.stored],
    [
      ["slot/a", "2"],
      ["slot/b", "2"],
    ],
  );
});

test("something that is no JSON is left out, and nothing else", async () => {
  const { said, platter, keeper } = bench();
  keeper.put("memory", "big", 1n);
  keeper.put("memory", "good", 1);
  await keeper.flushed();
  assert.deepEqual([...platter.stored.keys()], ["memory/good"]);
  assert.equal(keeper.status().kept, true);
  assert.match(said[0] ?? "", /no JSON/);
});

test("closing keeps everything, also what nobody waits for, and does not wait for a disk that hangs", async () => {
  const one = bench();
  one.keeper.put("memory", "a", 1);
  await one.keeper.close();
  await one.keeper.close();
  assert.ok(one.platter.stored.has("memory/a"));
  assert.equal(one.platter.closes, 1);
  one.keeper.put("memory", "b", 1);
  await one.keeper.flushed();
  assert.equal(one.clock.waiting, 0);

  const two = bench();
  two.platter.stick();
  two.keeper.put("memory", "a", 1);
  let closed = false;
  void two.keeper.close().then(() => (closed = true));
  await two.clock.advance(1999);
  assert.equal(closed, false);
  await two.clock.advance(1);
  assert.equal(closed, true);

  const three = bench();
  three.platter.fault = noSpace;
  three.keeper.put("memory", "a", 1);
  await three.keeper.flushed();
  await three.keeper.close();
  assert.equal(three.clock.waiting, 0, "it is not tried again");
});

test("in any sequence of events, whoever was told finds it on the disk, and in the end everything is there", async () => {
  const key = fc.constantFrom("a", "b", "c");
  const event = fc.oneof(
    fc.record({
      kind: fc.constant("put" as const),
      key,
      value: fc.nat(),
      when: fc.constantFrom("now", "soon"),
    }),
    fc.record({ kind: fc.constant("drop" as const), key }),
    fc.record({ kind: fc.constantFrom("wait", "fail", "mend", "stick", "free", "pass") }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const { clock, platter, keeper } = bench();
      const wanted = new Map<string, number>();
      const missed: string[] = [];
      for (const one of events) {
        if (one.kind === "put") {
          wanted.set(one.key, one.value);
          keeper.put("slot", one.key, one.value, one.when);
        } else if (one.kind === "drop") {
          wanted.delete(one.key);
          keeper.drop("slot", one.key);
        } else if (one.kind === "fail") platter.fault = noSpace;
        else if (one.kind === "mend") platter.fault = undefined;
        else if (one.kind === "stick") platter.stick();
        else if (one.kind === "free") platter.free();
        else if (one.kind === "pass") await clock.advance(500);
        else {
          const then = new Map(wanted);
          void keeper.flushed().then(() => {
            if (!keeper.status().kept) return;
            for (const name of ["a", "b", "c"]) {
              const value = wanted.get(name);
              if (value !== then.get(name)) continue; // changed since, so the disk may be ahead
              const stored = platter.stored.get(`slot/${name}`);
              if (stored !== (value === undefined ? undefined : String(value))) missed.push(name);
            }
          });
        }
        await settle(5);
      }
      platter.fault = undefined;
      platter.free();
      await clock.advance(200_000);
      assert.deepEqual(missed, []);
      await keeper.flushed();
      assert.equal(keeper.status().kept, true);
      const stored = new Map([...platter.stored].map(([name, json]) => [name.slice(5), Number(json)]));
      assert.deepEqual(stored, wanted);
      assert.deepEqual(new Map(keeper.load("slot")), wanted);
    }),
  );
});
