import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { minutes, seconds } from "../../devices/clock.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken } from "../../server/access/token.ts";
import { bearer, temporaryFolder } from "../support/guarded-site.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { controlled, ownText } from "./controlled-site.ts";

test("a viewer sees what controls and why; nobody else's devices", async (t) => {
  const { as } = await controlled(t);
  const viewer = as("viewer");
  const list = await viewer("GET", "/api/controllers");
  assert.equal(list.status, 200, list.text);
  assert.equal((list.body as unknown as { fault?: string }[])[0]?.fault, undefined);
  const [inlet] = list.body as unknown as { name: string; mode: string; reason: string; version: string }[];
  assert.deepEqual([inlet?.name, inlet?.mode, inlet?.version], ["inlet", "automatic", "1.0.0"]);
  assert.match(inlet?.reason ?? "", /1\.0 K too warm/);
  const { body } = await viewer("GET", "/api/controllers/inlet");
  assert.deepEqual(body["settings"], { setpoint: 24, gain: 8 });
  assert.match(JSON.stringify(body["settingsSchema"]), /"maximum":35/);
  assert.match(JSON.stringify(body["targets"]), /"meaning":"controller".*"inForce":true/);
  assert.ok((body["stepTime"] as { p99: number }).p99 >= 0);
  assert.deepEqual(body["failSafe"], { fans: 100 });
  const other = await viewer("GET", "/api/controllers/other");
  assert.deepEqual(
    [other.status, other.body["context"]],
    [404, "controller other not found; there are: inlet"],
  );
  const near = await as("viewer", ["rack:r1"])("GET", "/api/controllers");
  assert.equal((near.body as unknown as unknown[]).length, 1);
  const far = as("viewer", ["rack:far"]);
  assert.deepEqual((await far("GET", "/api/controllers")).body, []);
  for (const path of ["", "/settings", "/trace", "/versions"]) {
    const { status, text } = await far("GET", `/api/controllers/inlet${path}`);
    assert.equal(status, 404);
    assert.match(text, /inlet not found; there are: none/);
  }
});

test("roles: who may change what; all of it is in the audit log", async (t) => {
  const { as, site } = await controlled(t);
  const [viewer, operator, controller, admin] = [as("viewer"), as("operator"), as("controller"), as("admin")];
  const mode = { mode: "manual", why: "door open" };
  assert.equal((await viewer("PUT", "/api/controllers/inlet/mode", mode)).status, 403);
  assert.equal(
    (await viewer("PATCH", "/api/controllers/inlet/settings", { settings: { setpoint: 25 } })).status,
    403,
  );
  assert.equal(
    (await operator("POST", "/api/controllers/inlet/swap", { version: "simple-warm@1.1.0" })).status,
    403,
  );
  assert.equal(
    (await operator("POST", "/api/controllers/inlet/versions", { file: "a.ts", text: "x" })).status,
    403,
  );
  assert.equal(
    (await controller("POST", "/api/controllers/inlet/overrides", { value: 70, why: "no" })).status,
    403,
  );
  assert.equal((await operator("PUT", "/api/controllers/inlet/mode", mode)).status, 200);
  assert.equal(
    (
      await operator("PATCH", "/api/controllers/inlet/settings", {
        settings: { setpoint: 25 },
        why: "warmer",
      })
    ).status,
    200,
  );
  assert.equal(
    (await admin("POST", "/api/controllers/inlet/swap", { version: "simple-warm@1.1.0", why: "tried" }))
      .status,
    200,
  );
  const mine = { file: "mine.ts", text: ownText("1.0.0", "50"), why: "for later" };
  assert.equal((await admin("POST", "/api/controllers/inlet/versions", mine)).status, 200);
  assert.equal((await admin("POST", "/api/controllers/inlet/rollback")).status, 200);
  const entries: string[] = [];
  for await (const { who, route = "", value = "", why = "", result } of site.audit.query({ limit: 100 }))
    entries.push([who, route, value, why, result].join(" "));
  const log = entries.join("\n");
  assert.match(log, /token t2 PUT \/api\/controllers\/inlet\/mode manual door open done/);
  assert.match(log, /token t2 PATCH \/api\/controllers\/inlet\/settings \{"setpoint":25\} warmer done/);
  assert.match(log, /token t4 POST \S+\/inlet\/swap \{"version":"simple-warm@1.1.0"\} tried done/);
  assert.match(
    log,
    /token t4 POST \S+\/versions \{"file":"mine.ts","text":"[^…]{100,120}…"\} for later done/,
  );
  assert.match(log, /token t4 POST \/api\/controllers\/inlet\/rollback +done/);
  assert.match(log, /token t1 PUT \/api\/controllers\/inlet\/mode +refused/);
});

test("whether steps are kept is told with the site, also when their folder is lost", async (t) => {
  const { as, folder, clock } = await controlled(t);
  const viewer = as("viewer");
  const told = async () => (await viewer("GET", "/api/site")).body["trace"] as Record<string, unknown>;
  const { kept, lost, damaged, bytes } = await told();
  assert.deepEqual([kept, lost, damaged], [true, 0, 0]);
  assert.ok(Number(bytes) > 0);
  const trace = join(folder, "controllers", "trace");
  rmSync(trace, { recursive: true });
  writeFileSync(trace, "in the way");
  await clock.advance(minutes(2));
  const then = await told();
  assert.equal(then["kept"], false);
  assert.match(String(then["fault"]), /ENOTDIR|EEXIST/);
});

test("settings that break a limit are refused with it, and those before stay in force", async (t) => {
  const { as } = await controlled(t);
  const operator = as("operator");
  const bad = await operator("PATCH", "/api/controllers/inlet/settings", {
    settings: { setpoint: 60, gain: 9 },
  });
  assert.equal(bad.status, 400);
  assert.match(String(bad.body["context"]), /setpoint: 60 °C is above its maximum 35 °C/);
  const unknown = await operator("PATCH", "/api/controllers/inlet/settings", { settings: { setpont: 20 } });
  assert.match(String(unknown.body["context"]), /no setting `setpont`/);
  assert.deepEqual((await operator("GET", "/api/controllers/inlet/settings")).body["settings"], {
    setpoint: 24,
    gain: 8,
  });
  const good = await operator("PUT", "/api/controllers/inlet/settings", { settings: { gain: 9 } });
  assert.deepEqual(good.body["settings"], { setpoint: 24, gain: 9 });
});

test("a setting for a while says until when and what is next, and is in the audit log", async (t) => {
  const { as, clock, site } = await controlled(t);
  const [viewer, operator] = [as("viewer"), as("operator")];
  const path = "/api/controllers/inlet/settings";
  const tuned = { settings: { setpoint: 22 }, for: "30m", why: "tuning" };
  assert.equal((await viewer("PATCH", path, tuned)).status, 403);
  const made = await operator("PATCH", path, tuned);
  assert.equal(made.status, 200, made.text);
  const { temporary } = made.body as { temporary: Record<string, Record<string, unknown>> };
  assert.equal(temporary["setpoint"]?.["then"], 24);
  assert.match(String(temporary["setpoint"]["until"]), /^\d{4}-.*Z$/);
  for (const [body, fault] of [
    [{ settings: { setpoint: 60 }, for: "5m" }, /setpoint: 60 °C is above its maximum 35 °C/],
    [{ settings: { setpoint: 20 }, for: "25h" }, /at most 24 h/],
    [{ settings: { setpoint: 20 }, for: "0s" }, /longer than 0 s/],
    [{ settings: { setpoint: 20 }, for: "30" }, /for/],
  ] as const) {
    const bad = await operator("PUT", path, body);
    assert.equal(bad.status, 400, bad.text);
    assert.match(String(bad.body["context"]), fault);
  }
  assert.deepEqual((await viewer("GET", path)).body["temporary"], temporary);
  assert.deepEqual((await viewer("GET", "/api/controllers/inlet")).body["temporary"], temporary);
  await clock.advance(minutes(31));
  const after = await viewer("GET", path);
  assert.deepEqual([after.body["settings"], after.body["temporary"]], [{ setpoint: 24, gain: 8 }, {}]);
  const log: string[] = [];
  for await (const { value = "", why = "" } of site.audit.query({ limit: 100 })) log.push(`${value} ${why}`);
  assert.ok(log.includes('{"setpoint":22} for 30m tuning'), log.join("\n"));
});

test("a mode that switches it off ends after the time asked for", async (t) => {
  const { as, clock } = await controlled(t);
  const off = { mode: "off", holdFor: "10m", why: "work on the fans" };
  assert.equal((await as("operator")("PUT", "/api/controllers/inlet/mode", off)).status, 200);
  await clock.advance(minutes(9));
  const viewer = as("viewer");
  assert.equal((await viewer("GET", "/api/controllers/inlet")).body["mode"], "off");
  await clock.advance(minutes(2));
  assert.notEqual((await viewer("GET", "/api/controllers/inlet")).body["mode"], "off");
});

test("an alarm latches as the configuration says, and an operator acknowledges it", async (t) => {
  const alarms = { "wa*": { onDelay: "30s", latch: true } };
  const { as, clock, table, site } = await controlled(t, temporaryFolder(t), [], { alarms });
  const [viewer, operator] = [as("viewer"), as("operator")];
  const standing = async () =>
    (await viewer("GET", "/api/controllers/inlet")).body["alarms"] as { id: string; latch?: object }[];
  const path = "/api/controllers/inlet/alarms/warm/acknowledge";
  table.values.set("probe/temperature", 31);
  await clock.advance(seconds(20));
  assert.deepEqual(await standing(), []);
  assert.equal((await operator("POST", path, {})).status, 404);
  await clock.advance(seconds(30));
  assert.deepEqual((await standing())[0]?.latch, { over: false });
  table.values.set("probe/temperature", 24);
  await clock.advance(seconds(30));
  assert.deepEqual((await standing())[0]?.latch, { over: true });
  assert.equal((await viewer("POST", path, { why: "seen" })).status, 403);
  const done = await operator("POST", path, { why: "the door stood open" });
  assert.deepEqual([done.status, done.body], [200, []], done.text);
  assert.deepEqual(await standing(), []);
  const log: string[] = [];
  for await (const { action = "", value = "", why = "" } of site.audit.query({ limit: 100 }))
    log.push(`${action} ${value} ${why}`);
  assert.ok(log.includes("acknowledge warm the door stood open"), log.join("\n"));
});

test("an operator's override ends by itself or when it is given up, and the mode by itself", async (t) => {
  const { as, clock, table, site } = await controlled(t);
  const operator = as("operator");
  const made = await operator("POST", "/api/controllers/inlet/overrides", {
    value: 77,
    why: "noise test",
    holdFor: "10m",
  });
  assert.equal(made.status, 200, made.text);
  await clock.advance(seconds(10));
  assert.equal(table.values.get("fan-1/duty"), 77);
  for (const which of ["device=fan-9", "output=fan"]) {
    const wrong = await operator("DELETE", `/api/controllers/inlet/overrides?${which}`);
    assert.equal(wrong.status, 404, `${which}: whoever misspells it does not believe it to be over`);
  }
  // One that is misspelt would end them all.
  const misspelt = await operator("DELETE", "/api/controllers/inlet/overrides?outptu=fans");
  assert.equal(misspelt.status, 400);
  assert.match(misspelt.text, /there is no parameter \\"outptu\\" \(there are: output, device, why\)/);
  const beside = await operator("PUT", "/api/controllers/inlet/mode?for=1m", { mode: "manual" });
  assert.equal(beside.status, 400);
  assert.match(beside.text, /there is no parameter \\"for\\" \(there are none\)/);
  const ended = await operator("DELETE", "/api/controllers/inlet/overrides?why=done");
  assert.equal((ended.body as unknown as unknown[]).length, 1);
  await clock.advance(seconds(30));
  assert.notEqual(table.values.get("fan-1/duty"), 77);
  await operator("POST", "/api/controllers/inlet/overrides", { value: 66, why: "again", holdFor: "1m" });
  await clock.advance(minutes(2));
  assert.notEqual(table.values.get("fan-1/duty"), 66);
  assert.equal(
    (await operator("PUT", "/api/controllers/inlet/mode", { mode: "manual", holdFor: "5m" })).status,
    200,
  );
  await clock.advance(seconds(10));
  assert.equal(site.controllers.runtime.get("inlet")?.mode, "manual");
  await clock.advance(minutes(6));
  assert.equal(site.controllers.runtime.get("inlet")?.mode, "automatic");
  assert.equal(
    (await operator("PUT", "/api/controllers/inlet/mode", { mode: "manual", holdFor: "90d" })).status,
    400,
  );
});

test("the trace tells every step, by span and by number", async (t) => {
  const { as, clock } = await controlled(t);
  const viewer = as("viewer");
  await clock.advance(minutes(5));
  const all = (await viewer("GET", "/api/controllers/inlet/trace?limit=500")).body as unknown as {
    n: number;
    at: string;
    reason: string;
  }[];
  assert.ok(all.length > 60);
  assert.deepEqual(
    all.map(({ n }) => n),
    all.map((_, i) => i + 1),
  );
  assert.ok(!("state" in all[0]!) && !("settings" in all[0]!));
  const some = (await viewer("GET", `/api/controllers/inlet/trace?from=${all[20]!.at}&to=${all[30]!.at}`))
    .body as unknown as { n: number }[];
  assert.deepEqual(
    some.map(({ n }) => n),
    all.slice(20, 31).map(({ n }) => n),
  );
  assert.equal(
    ((await viewer("GET", "/api/controllers/inlet/trace?limit=3")).body as unknown as unknown[]).length,
    3,
  );
  assert.equal((await viewer("GET", "/api/controllers/inlet/trace?from=yesterday")).status, 400);
  assert.equal((await viewer("GET", "/api/controllers/inlet/trace?limit=0")).status, 400);
});

test("an override that one of several does not take commands none of them", async (t) => {
  const weak = { ...speed, accepts: { kind: "number", min: 0, max: 60, step: 1, unit: "%" } } as const;
  const fan: TableDevice = { alias: "weak", type: "fan", outputs: [["duty"]], actions: [weak] };
  const { as, table } = await controlled(t, temporaryFolder(t), [fan]);
  const admin = as("admin");
  const before = table.values.get("fan-1/duty");
  const answer = await admin("POST", "/api/controllers/inlet/overrides", { value: 80, why: "more" });
  assert.equal(answer.status, 400, answer.text);
  assert.match(String(answer.body["context"]), /weak speed: 80 is outside 0\.\.60 %/);
  await admin("GET", "/api/controllers/inlet");
  assert.equal(table.values.get("fan-1/duty"), before);
});

test("the description of the site has every route of controllers, with what is sent and answered", async (t) => {
  const { as } = await controlled(t);
  const { paths } = (await as("viewer")("GET", "/openapi.json")).body as {
    paths: Record<string, Record<string, { summary?: string; responses?: object; requestBody?: object }>>;
  };
  const told = Object.entries(paths)
    .filter(([path]) => path.startsWith("/api/controllers"))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { summary = "", responses = {}, requestBody }]) => {
        assert.ok(summary !== "", `${method} ${path}`);
        assert.ok("200" in responses, `${method} ${path}`);
        const takes = method !== "get" && method !== "delete";
        assert.ok(!takes || requestBody !== undefined, `${method} ${path} says what it takes`);
        return `${method.toUpperCase()} ${path.slice("/api/controllers".length)}`;
      }),
    );
  const all = [
    ...["GET ", "GET /{name}", "GET /{name}/settings", "PUT /{name}/settings", "PATCH /{name}/settings"],
    ...["PUT /{name}/mode", "POST /{name}/overrides", "DELETE /{name}/overrides", "GET /{name}/trace"],
    ...["GET /{name}/versions", "POST /{name}/versions", "POST /{name}/swap", "POST /{name}/rollback"],
    ...["POST /{name}/shadow", "DELETE /{name}/shadow", "POST /{name}/promote", "POST /{name}/replay"],
  ];
  assert.deepEqual(
    all.filter((route) => !told.includes(route)),
    [],
    told.join("\n"),
  );
});

test("Prometheus is told of every controller: mode, steps, time, failures, alarms, swaps", async (t) => {
  const { as, ask, clock, site, table } = await controlled(t);
  await as("admin")("POST", "/api/controllers/inlet/swap", { version: "simple-warm@1.1.0" });
  await as("operator")("PUT", "/api/controllers/inlet/mode", { mode: "manual" });
  await clock.advance(seconds(30));
  const token = makeToken({ name: "prometheus", role: "viewer" }, clock.now());
  const folder = site.config.state?.folder ?? "";
  changeTokens(join(folder, "tokens.json"), (tokens) => [...tokens, token.record]);
  await clock.advance(seconds(3));
  const metrics = async (): Promise<ReadonlyMap<string, number>> => {
    const { status, text } = await ask({ url: "/metrics", headers: bearer(token.token) });
    assert.equal(status, 200, text);
    const lines = text.split("\n").filter((line) => line.startsWith("bothy_controller_"));
    return new Map(
      lines.map((line) => [
        line.slice("bothy_controller_".length, line.lastIndexOf(" ")),
        Number(line.slice(line.lastIndexOf(" "))),
      ]),
    );
  };
  const first = await metrics();
  const of = (name: string): string => `${name}{controller="inlet"}`;
  assert.equal(first.get('mode{controller="inlet",mode="manual"}'), 1);
  assert.equal(first.get('mode{controller="inlet",mode="automatic"}'), 0);
  assert.equal(first.get(of("swaps_total")), 1);
  assert.equal(first.get(of("failures_total")), 0);
  assert.equal(first.get(of("alarms")), 0);
  assert.equal(first.get(of("deadlines_missed_total")), 0);
  assert.ok(Number(first.get(of("step_seconds_total"))) >= 0);
  assert.equal(first.get(of("steps_total")), site.controllers.runtime.get("inlet")?.steps);
  table.values.delete("probe/temperature");
  await clock.advance(minutes(1));
  const second = await metrics();
  assert.equal(second.get('mode{controller="inlet",mode="fail-safe"}'), 1);
  assert.ok(Number(second.get(of("alarms"))) > 0);
  assert.ok(Number(second.get(of("steps_total"))) > Number(first.get(of("steps_total"))));
});
