import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PriorityArray } from "./priority-array.ts";
import { type Slot, type SlotEntry, slotNames } from "./transaction.ts";

const allSlots = Object.keys(slotNames).map(Number) as Slot[];
const slot = fc.constantFrom(...allSlots);
const step = fc.oneof(
  fc.record({ do: fc.constant("fill" as const), slot, hold: fc.option(fc.integer({ min: 1, max: 50 })) }),
  fc.record({ do: fc.constant("relinquish" as const), slot }),
  fc.record({ do: fc.constant("pass" as const), time: fc.nat(30) }),
);

test("the array does what a list searched from one end does, in any sequence of events", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const array = new PriorityArray();
      let model: { entry: SlotEntry; until: number }[] = [];
      let now = 0;
      for (const [n, event] of steps.entries()) {
        if (event.do === "fill") {
          const until = event.hold === null ? Infinity : now + event.hold;
          const entry: SlotEntry = { slot: event.slot, value: n, who: `who ${n}`, why: "test", since: now };
          array.fill(entry, until);
          model = [...model.filter(({ entry: old }) => old.slot !== event.slot), { entry, until }];
        } else if (event.do === "relinquish") {
          const left = model.find(({ entry }) => entry.slot === event.slot)?.entry;
          assert.equal(array.relinquish(event.slot), left);
          model = model.filter(({ entry }) => entry !== left);
        } else {
          now += event.time;
          const over = model.filter(({ until }) => until <= now).map(({ entry }) => entry);
          assert.deepEqual(new Set(array.expire(now)), new Set(over));
          model = model.filter(({ until }) => until > now);
        }
        const filled = allSlots.flatMap((number) =>
          model.filter(({ entry }) => entry.slot === number).map(({ entry }) => entry),
        );
        assert.deepEqual(array.entries, filled);
        assert.equal(array.inForce, filled[0]);
        assert.equal(array.nextExpiry, Math.min(Infinity, ...model.map(({ until }) => until)));
      }
    }),
  );
});

test("what is forced stands above the guards of a device, and below all else that is stronger than they", () => {
  const array = new PriorityArray();
  const entry = (number: Slot, forced?: true): SlotEntry => ({
    ...{ slot: number, value: number, who: "ann", why: "test", since: 0 },
    ...(forced === undefined ? {} : { forced }),
  });
  for (const number of [12, 8, 6] as const) array.fill(entry(number));
  assert.equal(array.entries[0]?.slot, 6);
  array.fill(entry(8, true));
  assert.deepEqual(
    array.entries.map(({ slot: of }) => of),
    [8, 6, 12],
  );
  for (const number of [5, 2, 1] as const) {
    array.fill(entry(number));
    assert.deepEqual(array.inForce, entry(number));
  }
  assert.equal(array.entries.length, 6);
});

test("entries are plain data", () => {
  const array = new PriorityArray();
  const entry: SlotEntry = { slot: 8, value: 80, who: "ann", why: "hot", since: 1, expires: 2 };
  array.fill(entry, 2);
  assert.deepEqual(JSON.parse(JSON.stringify(array.entries)), [entry]);
});
