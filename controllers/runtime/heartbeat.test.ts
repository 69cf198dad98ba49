import assert from "node:assert/strict";
import test from "node:test";
import type { Accepts } from "../../devices/device.ts";
import { beatOf } from "./heartbeat.ts";

const beats = (accepts: Accepts, value: number | string): readonly (string | undefined)[] =>
  [0, 1, 2, 3, 4].map((count) => beatOf(accepts, value, count));

test("a watchdog is fed in the manner it wants", () => {
  const number: Accepts = { kind: "number", min: 1, max: 3, step: 1, unit: "" };
  const word: Accepts = { kind: "choice", choices: ["tick", "tock", "idle"] };
  assert.deepEqual(beats({ ...number, min: 0 }, "toggle"), ["0", "1", "0", "1", "0"]);
  assert.deepEqual(beats(number, "count"), ["1", "2", "3", "1", "2"]);
  assert.deepEqual(beats(number, 2), ["2", "2", "2", "2", "2"]);
  assert.deepEqual(beats(word, "toggle"), ["tick", "tock", "tick", "tock", "tick"]);
  assert.deepEqual(beats(word, "count"), ["tick", "tock", "idle", "tick", "tock"]);
  assert.deepEqual(beats({ kind: "none" }, "toggle"), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual(beats({ kind: "text", maxLength: 5 }, "count").at(-1), "4");
});
