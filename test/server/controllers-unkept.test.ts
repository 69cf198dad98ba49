// A state folder on a disk that takes nothing: who changes something is told, whatever could be done is done.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { seconds } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { openState } from "../../server/state/state.ts";
import { hostOf, shipped } from "../control/versioned-site.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";
import { TestClock } from "../support/test-clock.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
  { alias: "probe-1", type: "temperature", tags: ["point:inlet"], outputs: [["temperature"]] },
];

/** A site that keeps its versions in one folder, and everything else in another. */
async function site(t: TestContext, versions: string, rest: string) {
  const state = await openState(rest, { clock: new TestClock(), log: silentLog });
  t.after(() => state.close());
  const made = await tableSite(
    t,
    devices,
    { "probe-1/temperature": 25, "fan-1/duty": 40 },
    { controllers: { zone: { use: "simple" } }, state: { folder: versions } },
    {},
    {
      state,
      controllers: {
        shipped,
        loader: {
          bundle: () => Promise.reject(new Error("nobody asks for it")),
          bundleText: () => Promise.reject(new Error("nobody asks for it")),
          open: (source) => Promise.resolve(hostOf(source)),
        },
      },
    },
  );
  await made.site.controllers.started();
  await made.clock.advance(seconds(30));
  const ask = async (
    method: "GET" | "POST" | "PUT" | "PATCH",
    path: string,
    body?: object,
  ): Promise<{ readonly status: number; readonly body: unknown }> =>
    made.ask({
      ...{ method, url: `/api/controllers/zone/${path}` },
      ...(body === undefined ? {} : { payload: body }),
    });
  return { ...made, ask };
}

const text = "1.1.0 Infinity";
const upload = { file: "mine.js", text, bundled: true };
interface Swapped {
  readonly to: string;
  readonly unkept?: string;
}

test("a version that cannot be kept is refused with the folder and the remedy; the one in force goes on", async (t) => {
  const folder = temporaryFolder(t);
  const { ask, site: of } = await site(t, folder, temporaryFolder(t));
  const texts = join(folder, "controllers", "versions", "zone", "texts");
  mkdirSync(texts, { recursive: true });
  const hash = createHash("sha256").update(text).digest("hex");
  symlinkSync("/dev/full", join(texts, `${hash}.json.new`));
  const refused = await ask("POST", "versions", upload);
  assert.equal(refused.status, 507);
  const { context, code } = refused.body as { readonly context: string; readonly code: string };
  assert.deepEqual(
    [code, context],
    [
      "NOT_KEPT",
      `a version of zone cannot be kept in ${texts}: its disk is full: ENOSPC: no space left on device, write; free space there`,
    ],
  );
  assert.equal(of.controllers.runtime.get("zone")?.mode, "automatic");
  assert.equal(of.controllers.versions.status("zone").inForce, "simple@1.0.0");
  const taken = await ask("POST", "versions", upload);
  assert.equal(taken.status, 200, "once there is room");
});

test("a version that is put in force, although that cannot be kept, says so until it is", async (t) => {
  const folder = temporaryFolder(t);
  const { ask, clock } = await site(t, folder, temporaryFolder(t));
  await ask("POST", "versions", upload);
  symlinkSync("/dev/full", join(folder, "controllers", "versions", "zone", "in-force.json.new"));
  const swapped = await ask("POST", "swap", { version: "1.1.0" });
  const report = swapped.body as Swapped;
  assert.deepEqual([swapped.status, report.to], [200, "simple 1.1.0"]);
  assert.match(report.unkept ?? "", /its disk is full: ENOSPC.*; free space there$/);
  const listed = (await ask("GET", "versions")).body as Swapped;
  assert.equal(listed.unkept, report.unkept);
  await clock.advance(seconds(60));
  const later = (await ask("GET", "versions")).body as Swapped;
  assert.equal(later.unkept, undefined);
});

test("settings and modes are in force although they cannot be kept, and whoever changes them is told", async (t) => {
  const file = join(temporaryFolder(t), "file");
  writeFileSync(file, "in the way\n");
  const { ask, site: of } = await site(t, temporaryFolder(t), join(file, "state"));
  const set = await ask("PATCH", "settings", { settings: { setpoint: 22 } });
  const mode = await ask("PUT", "mode", { mode: "manual" });
  for (const { status, body } of [set, mode]) {
    assert.equal(status, 200);
    assert.match(
      (body as Swapped).unkept ?? "",
      /^the state folder .*file.state cannot be written: .*; free space there, or check its rights and its disk$/,
    );
  }
  const { settings, wantedMode } = of.controllers.runtime.get("zone") ?? {};
  assert.deepEqual([settings?.["setpoint"], wantedMode], [22, "manual"]);
});
