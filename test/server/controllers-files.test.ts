import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Loader } from "../../server/controllers/loader.ts";
import { seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { bundleOf, hostOf, shipped } from "../control/versioned-site.ts";
import { temporaryFolder } from "../support/guarded-site.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["duty"]], actions: [speed] },
  { alias: "probe-1", type: "temperature", tags: ["point:inlet"], outputs: [["temperature"]] },
];

/** A site whose controller is in a file that can be broken and mended. */
async function site(t: TestContext, folder: string, broken: boolean) {
  const file = { broken };
  const loader: Loader = {
    bundle: (path) =>
      file.broken
        ? Promise.reject(new BothyError("BAD_CONFIG", { source: path, fault: "3:1 unexpected end" }))
        : Promise.resolve({ ...bundleOf("1.0.0"), file: path }),
    bundleText: () => Promise.reject(new Error("nobody asks for it")),
    open: (source) => Promise.resolve(hostOf(source)),
  };
  const made = await tableSite(
    t,
    devices,
    { "probe-1/temperature": 25, "fan-1/duty": 40 },
    { controllers: { zone: { use: "./zone.ts" } }, state: { folder } },
    {},
    { controllers: { shipped, loader } },
  );
  await made.site.controllers.started();
  await made.clock.advance(seconds(30));
  return { ...made, file, of: () => made.site.controllers.runtime.get("zone") };
}

test("a file that cannot be read is told of, and read anew on request", async (t) => {
  const { of, file, ask, clock } = await site(t, temporaryFolder(t), true);
  assert.equal(of()?.standing, "failed to load");
  assert.deepEqual(
    of()?.alarms.map(({ id }) => id),
    ["cannot-run"],
  );
  const list = (await ask("/api/controllers")).body as readonly { name: string; fault: string }[];
  assert.deepEqual(
    list.map(({ name }) => name),
    ["zone"],
  );
  assert.match(list[0]?.fault ?? "", /3:1 unexpected end/);
  const again = { method: "POST", url: "/api/controllers/zone/restart", payload: {} } as const;
  const still = await ask(again);
  assert.match(still.text, /3:1 unexpected end/);
  assert.ok(still.status >= 400);
  file.broken = false;
  assert.deepEqual([(await ask(again)).status, of()?.standing], [200, "running"]);
  await clock.advance(seconds(30));
  assert.deepEqual([of()?.mode, of()?.alarms], ["automatic", []]);
});

test("a file that was broken since goes on with the version in force last, and that is told", async (t) => {
  const folder = temporaryFolder(t);
  const first = await site(t, folder, false);
  assert.equal(first.of()?.mode, "automatic");
  await first.site.stop();
  const next = await site(t, folder, true);
  assert.equal(next.of()?.mode, "automatic");
  const [alarm, ...others] = next.of()?.alarms ?? [];
  assert.deepEqual([alarm?.id, alarm?.severity, others], ["file", "warning", []]);
  assert.match(alarm?.text ?? "", /the version before is: .*3:1 unexpected end/);
});
