import assert from "node:assert/strict";
import { test } from "node:test";
import type { Observed } from "../../controllers/runtime/frame.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import { limitWatch } from "../../controllers/shipped/limit-watch.ts";
import { reading, silent } from "./zone.ts";

const limits = { uc: "90", unr: "100", lc: "500" };
const sensor = (from: string, value: number, status: string, crossed = ""): Observed =>
  reading(from, value, { context: { status, ...(crossed === "" ? {} : { crossed }), ...limits } });

function watch() {
  const engine = createEngine(limitWatch, {});
  let at = 0;
  return (temperatures: readonly Observed[], speeds: readonly Observed[] = []) => {
    at += 30_000;
    const inputs = { temperatures, speeds, voltages: [] };
    const frame = { inputs, outputs: {}, dt: 30, at, localHour: 12, wanted: "automatic" as const };
    return engine.step(frame).trace;
  };
}

test("limit watch: a processor beyond a critical limit of its own is told after a minute, with the limit", () => {
  const step = watch();
  for (let i = 0; i < 4; i++) assert.deepEqual(step([sensor("server-1.cpu", 60, "ok")]).alarms, []);
  const hot = sensor("server-1.cpu", 92, "critical", "unc, uc");
  assert.deepEqual(step([hot]).alarms, [], "not yet");
  const [told] = step([hot]).alarms;
  assert.deepEqual(told, {
    id: "own-limit:server-1.cpu",
    severity: "major",
    text: "server-1.cpu is at 92 °C, beyond its own limit of 90 °C",
    device: "server-1.cpu",
  });
  const worse = step([sensor("server-1.cpu", 101, "non-recoverable", "unc, uc, unr")]);
  assert.deepEqual([worse.alarms[0]?.severity, worse.published?.["beyond"]], ["critical", 1]);
  assert.match(worse.reason, /^server-1\.cpu beyond a critical limit/);
  step([sensor("server-1.cpu", 80, "ok")]);
  assert.deepEqual(step([sensor("server-1.cpu", 80, "ok")]).alarms, [], "over for a minute");
});

test("limit watch: a fan that is too slow for its server is told; what is merely not critical is not", () => {
  const step = watch();
  const seen = [
    sensor("server-1.fan-1", 300, "critical", "lnc, lc"),
    sensor("server-1.fan-2", 700, "non-critical", "lnc"),
  ];
  for (let i = 0; i < 4; i++) step([], seen);
  const { alarms } = step([], seen);
  assert.deepEqual(
    alarms.map(({ text }) => text),
    ["server-1.fan-1 is at 300 rpm, beyond its own limit of 500 rpm"],
  );
});

test("limit watch: what cannot be read says nothing new, and goes on where it was", () => {
  const step = watch();
  const hot = sensor("cpu", 95, "critical");
  for (let i = 0; i < 4; i++) step([hot]);
  assert.deepEqual(step([silent("cpu")]).alarms, []);
  assert.match(step([hot]).alarms[0]?.text ?? "", /^cpu is at 95 °C, beyond a limit of its own$/);
  const well = watch();
  for (let i = 0; i < 9; i++) assert.deepEqual(well([silent("cpu")]).alarms, []);
});
