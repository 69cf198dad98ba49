import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControllerDetail, TargetEntry } from "../../../client/index.ts";
import { whyLines } from "./why.ts";

const now = Date.parse("2031-05-06T07:08:09Z");
const since = new Date(now - 60_000).toISOString();
const own: TargetEntry = {
  ...{ slot: 12, meaning: "controller", value: "remote", who: "controller cooling", why: "it is warm" },
  ...{ since, inForce: true },
};
const forced: TargetEntry = {
  ...{ slot: 8, meaning: "operator, past minimum on/off", value: 0, who: "ann", why: "it screams" },
  ...{ since, forced: true, inForce: true },
};
const guard: TargetEntry = {
  ...{ slot: 6, meaning: "minimum on/off", value: 25, who: "controller cooling", why: "it has to run" },
  ...{ since, inForce: false },
};
const detail = {
  ...{ name: "cooling", definition: "staged-cooling", version: "1.0.0", mode: "automatic" },
  ...{ wantedMode: "automatic", reason: "it is warm" },
  targets: [
    { output: "mode", device: "1", name: "dx-1", action: "mode", entries: [own] },
    { output: "capacity", device: "1", name: "dx-1", action: "capacity", entries: [forced, guard] },
  ],
  alarms: [
    { id: "hot", controller: "cooling", severity: "major", text: "it is hot", since, asOf: since },
    { id: "door", controller: "cooling", severity: "notice", text: "a door is open", since },
  ],
  events: [],
} as unknown as ControllerDetail;

test("of several outputs the one that somebody else holds is told of; alarms say as of when they are", () => {
  const lines = whyLines(detail, now, Infinity);
  assert.deepEqual(lines.slice(3), [
    "who wants→  8 operator, past minimum on/off 0 (60 s) [dx-1 capacity]  ann: it screams",
    "            6 minimum on/off 25 (60 s)  controller cooling: it has to run",
    "alarms   major: it is hot (60 s) (as of 60 s ago: not known since)",
    "         notice: a door is open (60 s)",
  ]);
});

test("on a terminal of 80 columns the reason is whole, in up to three lines", () => {
  const reason =
    "probe-inlet.temperature is at 28.4 °C, 2.4 K above its setpoint of 26 °C: fans at 100 %; 1 of 8 fans has failed";
  const told = (text: string): readonly string[] => whyLines({ ...detail, reason: text }, now, 80);
  assert.deepEqual(told(reason).slice(0, 4), [
    "cooling: automatic   staged-cooling 1.0.0",
    "because  probe-inlet.temperature is at 28.4 °C, 2.4 K above its setpoint of 26",
    "         °C: fans at 100 %; 1 of 8 fans has failed",
    "leader   none",
  ]);
  const endless = told(`${reason}; `.repeat(4));
  assert.match(endless[3] ?? "", /^ {9}.{70}…$/);
  assert.equal(endless[4], "leader   none");
});

test("terms have their units, counts have none", () => {
  const last = { terms: { error: 1.25, stages: 2, p: 5 }, outputs: [], limits: [], missing: [], inputs: {} };
  const told = whyLines(
    {
      ...detail,
      last: { ...last, at: since },
      termUnits: { error: "K", p: "%" },
    } as unknown as ControllerDetail,
    now,
    Infinity,
  );
  assert.ok(told.includes("terms    error 1.25 K  stages 2  p 5 %"), told.join("\n"));
});

test("values of inputs stand below each other, however long a name is", () => {
  const inputs = {
    inlet: [{ value: 24.5, quality: "good", age: 1500, from: "probe-1" }],
    outdoorHumidity: [{ value: 55, quality: "uncertain", age: 500, from: "probe-2" }],
    door: [{ quality: "bad", text: "it is silent", from: "io-1" }],
  };
  const last = { at: since, terms: {}, outputs: [], limits: [], missing: [], inputs };
  const told = whyLines({ ...detail, last } as unknown as ControllerDetail, now, Infinity);
  assert.deepEqual(
    told.filter((line) => /probe|io-1/.test(line)),
    [
      "inputs   inlet               24.5  good, 1.5 s old  probe-1",
      "         outdoorHumidity       55  uncertain, 0.5 s old  probe-2",
      "         door            bad: it is silent (io-1)",
    ],
  );
});
