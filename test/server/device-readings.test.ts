// What is known of a device's values: quality, age, and what the equipment sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { tableSite } from "../support/table-site.ts";

test("each value of a device with its quality, its age and its reason; a value that is not there has none", async (t) => {
  const devices = [{ alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]] as const }];
  const { ask, clock } = await tableSite(t, devices, { "fan-1/rpm": 4200 });
  await clock.advance(400);
  const { body, text } = await ask("/api/devices/fan-1/readings");
  const [rpm, duty] = body as readonly Record<string, unknown>[];
  assert.deepEqual([rpm?.["output"], rpm?.["value"], rpm?.["quality"]], ["rpm", 4200, "good"], text);
  assert.ok(Number(rpm?.["age"]) <= 1000 && Number(rpm?.["age"]) >= 0);
  assert.equal("value" in (duty ?? {}), false);
  assert.deepEqual(
    [duty?.["quality"], duty?.["reason"]],
    ["bad", { code: "NO_ANSWER", text: "the table has no value" }],
  );
  assert.equal((await ask("/api/devices/nobody/readings")).status, 404);
});
