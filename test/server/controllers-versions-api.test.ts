import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, seconds } from "../../devices/clock.ts";
import { controlled, ownText } from "./controlled-site.ts";

test("a version of one's own is uploaded, shadowed, replayed, promoted, and taken back", async (t) => {
  const { as, clock, table } = await controlled(t);
  const admin = as("admin");
  const upload = (text: string) =>
    admin("POST", "/api/controllers/inlet/versions", { file: "mine.ts", text, why: "mine" });
  const damaged = await upload("export default 7 +");
  assert.equal(damaged.status, 400);
  assert.match(String(damaged.body["context"]), /mine\.ts:1:19/);
  assert.equal((await upload("export default { name: 7 }")).status, 400);
  const made = await upload(ownText("3.0.0", "55"));
  assert.equal(made.status, 200, made.text);
  assert.equal(made.body["version"], "3.0.0");
  const shadowed = await admin("POST", "/api/controllers/inlet/shadow", { version: "3.0.0", for: "1m" });
  assert.equal(shadowed.status, 200, shadowed.text);
  await clock.advance(minutes(2));
  const refused = await admin("POST", "/api/controllers/inlet/promote", {});
  assert.equal(refused.status, 400);
  assert.match(String(refused.body["context"]), /more than 10 % apart/);
  const replayed = await admin("POST", "/api/controllers/inlet/replay", { version: "3.0.0" });
  assert.equal(replayed.status, 200, replayed.text);
  assert.ok(Number(replayed.body["steps"]) > 10);
  for (const [body, fault] of [
    [{ from: "2031-01-02", to: "2031-01-01" }, /from: 2031-01-02T00:00:00.000Z is after `to`, 2031-01-01/],
    [{ file: "mine.ts" }, /say `version`, or `file` and `text`/],
    [{ version: "3.0.0", text: "export default 5" }, /say `version`, or `file` and `text`/],
  ] as const) {
    const { status, body: answer } = await admin("POST", "/api/controllers/inlet/replay", body);
    assert.equal(status, 400);
    assert.match(String(answer["context"]), fault);
  }
  const same = await admin("POST", "/api/controllers/inlet/replay");
  assert.equal((same.body["comparison"] as { differing: number }).differing, 0, same.text);
  const promoted = await admin("POST", "/api/controllers/inlet/promote", { force: true, why: "it is right" });
  assert.equal(promoted.status, 200, promoted.text);
  await clock.advance(seconds(15));
  assert.equal(table.values.get("fan-1/duty"), 55);
  const back = await admin("POST", "/api/controllers/inlet/rollback", { why: "it was not" });
  assert.equal(back.status, 200, back.text);
  await clock.advance(seconds(60));
  assert.notEqual(table.values.get("fan-1/duty"), 55);
  const versions = (await admin("GET", "/api/controllers/inlet/versions")).body;
  assert.equal(versions["inForce"], "simple@1.0.0");
  assert.deepEqual(
    (versions["history"] as { what: string }[]).map(({ what }) => what),
    ["rolled back", "promoted", "shadowed", "added", "configured"],
  );
  assert.equal((await admin("POST", "/api/controllers/inlet/swap", { version: "9.9.9" })).status, 404);
});

test("what a change of version or a replay cannot mean is refused, with what is wrong", async (t) => {
  const { as } = await controlled(t);
  const admin = as("admin");
  const rows: readonly (readonly [path: string, body: object, told: RegExp])[] = [
    [
      "swap",
      { version: "simple@1.0.0", probation: "100000000000d" },
      /a probation lasts 30 days at the most/,
    ],
    ["shadow", { version: "simple@1.0.0", for: "100000000000d" }, /a shadow lasts 30 days at the most/],
    ["replay", { settings: { setpont: 20 } }, /there is no setting `setpont`/],
    ["replay", { settings: { setpoint: 90 } }, /setpoint: 90 °C is above its maximum 35 °C/],
  ];
  for (const [path, body, told] of rows) {
    const answer = await admin("POST", `/api/controllers/inlet/${path}`, body);
    assert.equal(answer.status, 400, answer.text);
    assert.match(String(answer.body["context"]), told);
  }
  assert.equal((await admin("GET", "/api/controllers/inlet/versions")).status, 200);
});

test("a version without a configured setting is in force again after a restart, and can be set", async (t) => {
  const first = await controlled(t);
  const admin = first.as("admin");
  const body = { file: "mine.ts", text: ownText("3.0.0", "55") };
  assert.equal((await admin("POST", "/api/controllers/inlet/versions", body)).status, 200);
  const swapped = await admin("POST", "/api/controllers/inlet/swap", { version: "3.0.0" });
  assert.equal(swapped.status, 200, swapped.text);
  const set = () => admin("PATCH", "/api/controllers/inlet/settings", { settings: {} });
  assert.deepEqual((await set()).body["settings"], {});
  await first.site.stop();
  const again = await controlled(t, first.folder);
  const { standing, definition } = again.site.controllers.runtime.get("inlet") ?? {};
  assert.deepEqual([standing, definition?.version], ["running", "3.0.0"]);
});
