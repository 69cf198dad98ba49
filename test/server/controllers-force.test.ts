import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import { InlineHost } from "../../controllers/runtime/inline-host.ts";
import { minutes, seconds } from "../../devices/clock.ts";
import { type Slot, slots } from "../../devices/transaction.ts";
import type { Role } from "../../server/access/principal.ts";
import { changeTokens } from "../../server/access/token-file.ts";
import { makeToken } from "../../server/access/token.ts";
import type { Loader } from "../../server/controllers/loader.ts";
import { simple } from "../control/second-version.ts";
import { bearer, patient, temporaryFolder } from "../support/guarded-site.ts";
import { speed } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const shipped: readonly Definition[] = [simple()];
/** Without a thread. */
const loader: Loader = {
  bundle: () => Promise.reject(new Error("no files here")),
  bundleText: () => Promise.reject(new Error("no texts here")),
  open: () => Promise.resolve(new InlineHost(simple())),
};

/** A site with one fan, and somebody else who holds it firmly. */
async function guarded(t: TestContext) {
  const folder = temporaryFolder(t);
  const made = await tableSite(
    t,
    [
      { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
      { alias: "probe", type: "temperature", outputs: [["temperature"]], tags: ["point:inlet"] },
    ],
    { "fan-1/duty": 40, "probe/temperature": 25 },
    {
      access: {},
      state: { folder },
      http: { host: "127.0.0.1", port: 0, limits: patient },
      controllers: { inlet: { use: "simple", settings: { setpoint: 24 } } },
    },
    {},
    { controllers: { shipped, loader } },
  );
  await made.site.controllers.started();
  await made.clock.advance(seconds(30));
  const fan = made.site.registry.all().find(({ alias }) => alias === "fan-1")?.id ?? "";
  const hold = (slot: Slot, data: string, why: string): void => {
    const who = "controller guard";
    made.site.writer.submit({ device: fan, action: "speed", slot, data, who, why });
  };
  const as = (role: Role) => {
    const { token, record } = makeToken({ name: role, role }, made.clock.now());
    changeTokens(join(folder, "tokens.json"), (tokens) => [...tokens, record]);
    return async (method: "POST" | "GET", path: string, payload?: object) => {
      await made.clock.advance(seconds(3));
      const url = `/api/controllers/inlet${path}`;
      const body = payload === undefined ? {} : { payload };
      return await made.ask({ method, url, headers: bearer(token), ...body });
    };
  };
  const duty = () => made.table.values.get("fan-1/duty");
  return { ...made, hold, as, duty };
}

const wish = { value: 90, why: "the rack burns", force: true };

test("an override behind a guard says what it waits for", async (t) => {
  const { as, hold, duty, clock } = await guarded(t);
  hold(slots.minimumOnOff, "0", "its compressor must rest");
  const { status, body } = await as("operator")("POST", "/overrides", { value: 90, why: "hot" });
  const [made] = body as { waitsFor?: string }[];
  assert.deepEqual(
    [status, made?.waitsFor],
    [200, "6 (minimum on/off) of controller guard: its compressor must rest"],
  );
  await clock.advance(seconds(10));
  assert.equal(duty(), 0);
});

test("an admin forces past a guard for a while; it is shown, audited, and the guard is in force again", async (t) => {
  const { as, hold, duty, clock, site } = await guarded(t);
  const admin = as("admin");
  hold(slots.minimumOnOff, "0", "its compressor must rest");
  const { status, text } = await admin("POST", "/overrides", { ...wish, holdFor: "10m" });
  assert.equal(status, 200, text);
  await clock.advance(seconds(10));
  assert.equal(duty(), 90);
  const detail = (await admin("GET", "")).body as {
    targets: { entries: { slot: number; meaning: string; forced?: boolean; inForce: boolean }[] }[];
  };
  const [first, second] = detail.targets[0]?.entries ?? [];
  assert.deepEqual(
    [first?.slot, first?.meaning, first?.forced, first?.inForce],
    [slots.operator, "operator, past minimum on/off", true, true],
  );
  assert.deepEqual([second?.slot, second?.forced, second?.inForce], [slots.minimumOnOff, undefined, false]);
  const audited: unknown[] = [];
  for await (const { forced, why, value } of site.audit.query({ who: "token admin", limit: 10 }))
    audited.push([forced, value, why]);
  assert.deepEqual(audited.at(-1), [true, "90", "the rack burns"]);
  await clock.advance(minutes(11));
  assert.equal(duty(), 0, "its time is over");
});

test("who may not force is told which guard it is, and nothing is written", async (t) => {
  const { as, hold, duty, clock } = await guarded(t);
  hold(slots.minimumOnOff, "0", "its compressor must rest");
  const { status, text } = await as("operator")("POST", "/overrides", wish);
  assert.equal(status, 403);
  assert.match(
    text,
    /the role is operator, and that takes an admin; fan-1 speed is held by 6 \(minimum on\/off\) of controller guard: its compressor must rest/u,
  );
  await clock.advance(seconds(10));
  assert.equal(duty(), 0);
});

for (const [slot, name] of [
  [slots.lifeSafety, "life safety"],
  [slots.failSafe, "fail-safe"],
  [slots.equipmentProtection, "equipment protection"],
] as const)
  test(`nobody forces past ${name}, and nothing waits behind it`, async (t) => {
    const { as, hold, duty, clock, site } = await guarded(t);
    hold(slot, "0", "smoke");
    const { status, text } = await as("admin")("POST", "/overrides", wish);
    assert.equal(status, 409, text);
    assert.match(text, new RegExp(`${slot} \\(${name}\\) of controller guard`, "u"));
    await clock.advance(seconds(10));
    assert.equal(duty(), 0);
    const fan = site.registry.all().find(({ alias }) => alias === "fan-1")?.id ?? "";
    assert.ok(site.writer.array(fan)[0]?.entries.every(({ slot: of }) => of !== slots.operator));
  });

test("what comes up later and is stronger ends what was forced", async (t) => {
  const { as, hold, duty, clock } = await guarded(t);
  hold(slots.minimumOnOff, "0", "its compressor must rest");
  assert.equal((await as("admin")("POST", "/overrides", wish)).status, 200);
  hold(slots.lifeSafety, "100", "smoke");
  await clock.advance(seconds(10));
  assert.equal(duty(), 100);
});

test("a guard is passed for an hour at the most", async (t) => {
  const { as, hold } = await guarded(t);
  hold(slots.minimumOnOff, "0", "its compressor must rest");
  const { status, text } = await as("admin")("POST", "/overrides", { ...wish, holdFor: "2h" });
  assert.equal(status, 400);
  assert.match(text, /a guard is passed for 60 min at the most/u);
});
