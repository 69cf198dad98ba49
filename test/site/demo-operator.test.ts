// What an operator tells the controllers of the demonstration, with the real program against the real one: what is done,
// and what is refused to whoever may not, or names something that is not there or beyond its range.
import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { seconds, systemClock } from "../../devices/clock.ts";
import { slots } from "../../devices/transaction.ts";
import { demoFile, startDemoProgram } from "../support/live-demo.ts";
import type { LiveSite } from "../support/live-site.ts";
import { type Ended, homeIn, runProgram, scratch, startProgram, type Variables } from "../support/program.ts";

const timeout = 300_000;

/** A controller of somebody's own that only looks. */
const own = (
  version: string,
): string => `import { defineController, seconds, select, Type } from "bothy/controllers";
export default defineController({
  name: "looker",
  version: "${version}",
  summary: "looks",
  period: seconds(1),
  settings: Type.Object({}),
  inputs: { inlet: select("type:temperature", "point:inlet").max() },
  outputs: {},
  failSafe: {},
  init: () => ({}),
  step: () => ({ outputs: {}, state: {}, reason: "it looks" }),
});
`;

/** A token of this role, as a program is told who it is. */
async function tokenFor(t: TestContext, config: string, env: Variables, role: string): Promise<Variables> {
  const { code, out, err } = await runProgram(
    t,
    ["token", "create", "--config", config, "--name", `the-${role}`, "--role", role, "--json"],
    env,
  );
  assert.equal(code, 0, err);
  return { ...env, BOTHY_TOKEN: (JSON.parse(out) as { token: string }).token };
}

type Bothy = (...args: string[]) => Promise<Ended>;

interface Told {
  readonly site: LiveSite;
  readonly env: Variables;
  readonly operator: Bothy;
  readonly viewer: Bothy;
  /** Where the file of `looker` is. */
  readonly file: string;
}

/** The demonstration, where everybody may look; one who may more; a controller that cannot be loaded, and its alarm. */
async function told(t: TestContext): Promise<Told> {
  const folder = scratch(t);
  const config = demoFile(t, (demo) => {
    Object.assign(demo, { access: { anonymous: "viewer", tokens: join(folder, "tokens.json") } });
    demo.controllers["looker"] = { use: "./controllers/looker.ts" };
  });
  const file = join(config, "..", "controllers", "looker.ts");
  writeFileSync(file, own("1.0.0").replace("init:", "init"));
  const password = join(folder, "bmc-password");
  writeFileSync(password, "hunter2\n");
  const home = { ...homeIn(folder), BOTHY_BMC_PASSWORD_FILE: password };
  const env = await tokenFor(t, config, home, "operator");
  const site = await startDemoProgram(t, config);
  const as =
    (variables: Variables): Bothy =>
    (...args) =>
      runProgram(t, ["controller", ...args], { ...variables, BOTHY_HOST: site.url });
  return { site, env: { ...env, BOTHY_HOST: site.url }, operator: as(env), viewer: as(home), file };
}

/** The program cannot do it, and says why in a line. */
async function refusal(run: Promise<Ended>, why: RegExp): Promise<void> {
  const { code, out, err } = await run;
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^bothy: .*\n$/);
  assert.match(err, why);
}

const done = ({ code, out, err }: Ended): string => {
  assert.deepEqual([code, err], [0, ""], out);
  return out;
};

describe("an operator and the controllers of the demonstration", { timeout }, () => {
  it("alarms, shelves, restarts and trials: done, and refused", { timeout }, async (t) => {
    const { site, env, operator, viewer, file } = await told(t);
    await site.until(
      "an alarm of what cannot be loaded, none of safety, and fans that are trusted",
      async () => {
        const { looker, safety, "fan-zone": fans } = await site.controllers();
        return looker?.alarms.length === 1 && safety?.alarms.length === 0 && fans?.mode === "automatic";
      },
      seconds(120),
    );
    const id = "cannot-run";

    await t.test("alarms", async () => {
      const [all, one, json] = await Promise.all([
        viewer("alarms", "looker"),
        viewer("alarms", "safety"),
        viewer("alarms", "looker", "--json"),
        refusal(viewer("alarms", "loker"), /loker.*not found/),
      ]);
      assert.deepEqual([all.code, all.err], [1, ""]);
      assert.match(all.out, new RegExp(`^looker +critical +${id} +\\d+ (s|min) `, "m"));
      assert.deepEqual([one.code, one.out], [0, ""]);
      assert.equal(json.code, 1);
      const [told] = JSON.parse(json.out) as { id: string; severity: string; controller: string }[];
      assert.deepEqual([told?.controller, told?.severity, told?.id], ["looker", "critical", id]);
    });

    await t.test("shelve and unshelve", async () => {
      await Promise.all([
        refusal(viewer("shelve", "looker", id), /viewer/),
        refusal(operator("shelve", "looker", "too-hot"), new RegExp(`too-hot.*${id}`)),
        refusal(operator("shelve", "looker", id, "--for", "8d"), /at most 7 days/),
      ]);
      const shelved = done(await operator("shelve", "looker", id, "--for", "2h", "--why", "known"));
      assert.equal(shelved, `looker ${id}: shelved for 2h\n`);
      const still = done(await viewer("alarms", "looker"));
      assert.match(still, new RegExp(`${id} .*for \\d+ min more by token the-operator: known`));
      await Promise.all([
        refusal(viewer("unshelve", "looker", id), /viewer/),
        refusal(operator("unshelve", "nobody", id), /nobody.*not found/),
      ]);
      assert.equal(done(await operator("unshelve", "looker", id)), `looker ${id}: counts again\n`);
      assert.equal((await viewer("alarms", "looker")).code, 1);
    });

    await t.test("restart", async () => {
      assert.equal((await viewer("list")).code, 1);
      await Promise.all([
        refusal(viewer("restart", "looker"), /viewer/),
        refusal(operator("restart", "loker"), /loker.*not found/),
      ]);
      writeFileSync(file, own("1.0.1"));
      assert.match(done(await operator("restart", "looker", "--why", "mended")), /^looker: running, /);
      await site.until(
        "it looks",
        async () => (await site.controllers())["looker"]?.mode === "automatic",
        seconds(30),
      );
      // One that runs goes on as it is.
      rmSync(file);
      assert.equal(done(await operator("restart", "looker")), "looker: running, automatic\n");
    });

    await t.test("tune", async () => {
      await Promise.all([
        refusal(viewer("tune", "fan-zone"), /viewer/),
        refusal(operator("tune", "fan-zones"), /fan-zones.*not found/),
        refusal(operator("tune", "fan-zone", "--centre", "99"), /at most 100 %; choose a centre within/),
        refusal(operator("tune", "fan-zone", "--centre", "much"), /--centre: "much" is no number/),
        refusal(operator("tune", "safety"), /no loop/),
      ]);
      const args = ["controller", "tune", "fan-zone", "--centre", "75", "--height", "5", "--json"];
      const trial = startProgram(t, args, env);
      let out = "";
      trial.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()));
      const held = async (): Promise<boolean> => {
        const [last] = (await site.steps("fan-zone", systemClock.now() - seconds(15))).slice(-1);
        return last?.outputs.every(({ appliedSlot }) => appliedSlot === slots.operator) === true;
      };
      await site.until("the trial holds the fans", held, seconds(60));
      await refusal(operator("tune", "fan-zone"), /already|under way|busy/i);
      trial.kill("SIGINT");
      const [code] = (await once(trial, "close")) as [number | null];
      assert.equal(code, 1);
      const { phase, text } = JSON.parse(out) as { phase: string; text: string };
      assert.equal(phase, "failed");
      assert.match(text, /^called off by token the-operator/);
      await site.until("the fans are the controller's again", async () => !(await held()), seconds(30));
    });
  });
});
