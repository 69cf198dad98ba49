import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import { silentLog } from "../../devices/plugin.ts";
import { controllerText } from "../../server/cli/controller/template.ts";
import { faultText, furtherFaults, loadConfig } from "../../server/config.ts";
import { controllerFileFaults } from "../../server/controllers/file-faults.ts";
import { siteLoader } from "../../server/controllers/loader.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { plugins } from "../../plugins/index.ts";
import { temporaryFolder } from "../support/guarded-site.ts";

const line = `site: { id: hut }
buses:
  line: { plugin: modbus, transport: tcp, host: 127.0.0.1 }
`;
const tray = `devices:
  - { bus: line, unit: 1, product: generic-fantray-v1, alias: tray-a, tags: ["point:inlet"] }
`;

/** What `bothy check` finds in a configuration beside files of controllers. */
async function faults(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "controllers"));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, "controllers", name), content);
  const file = join(folder, "hut.yaml");
  writeFileSync(file, text);
  const read = loadConfig(file, [...plugins.values()], env, (named) => readFileSync(named));
  assert.deepEqual(read.faults.map(faultText), []);
  const loader = siteLoader({ clock: systemClock, log: silentLog, shipped });
  const found = await furtherFaults(file, env, (value) =>
    controllerFileFaults((value as { controllers?: unknown }).controllers, {
      ...{ loader, folder, plans: read.plans },
    }),
  );
  return found.map((fault) => faultText(fault).replaceAll(folder, ""));
}

test("a controller of one's own that loads, is bound and configured has no fault", async (t) => {
  const text = `${line}${tray}controllers:
  mine:
    use: ./controllers/mine.ts
    settings: { setpoint: 23 }
    inputs: { inlet: ["type:temperature"] }
`;
  assert.deepEqual(await faults(t, { "mine.ts": controllerText("mine") }, text), []);
});

test("what does not load is told of with its place in the file and what to do, each at its `use`", async (t) => {
  const found = await faults(
    t,
    {
      "broken.ts": 'import { x } from "bothy/controllers";\nexport default {\n  name: ;\n};\n',
      "wrong.js": "export default { name: 7 };\n",
      "throws.js": "const a = undefined;\nexport default a.name;\n",
      "network.js": 'import "node:net";\nexport default {};\n',
    },
    `${line}controllers:
  gone: { use: ./controllers/gone.ts }
  broken:
    use: ./controllers/broken.ts
  wrong: { use: ./controllers/wrong.js }
  throws: { use: ./controllers/throws.js }
  network: { use: ./controllers/network.js }
`,
  );
  assert.equal(found.length, 5, found.join("\n"));
  const [gone = "", broken = "", wrong = "", throws = "", network = ""] = found;
  assert.match(
    gone,
    /^\/hut\.yaml:5:\d+ {2}controllers\.gone\.use {2}\/controllers\/gone\.ts is not there {2}/,
  );
  assert.match(gone, /bothy controller new/);
  assert.match(
    broken,
    /^\/hut\.yaml:7:\d+ {2}controllers\.broken\.use {2}broken\.ts:3:9: Unexpected ";" {2}mend /,
  );
  assert.match(wrong, /^\/hut\.yaml:8:.*`name` is missing.*`step` is no function/);
  assert.match(throws, /^\/hut\.yaml:9:.*reading 'name'.*throws\.js:2:18/);
  assert.match(network, /^\/hut\.yaml:10:.*network\.js:1:8: a controller cannot import node:net/);
});

test("settings, names and bindings are checked against the file that was loaded", async (t) => {
  const found = await faults(
    t,
    { "mine.ts": controllerText("mine") },
    `${line}${tray}controllers:
  mine:
    use: ./controllers/mine.ts
    settings: { setpoint: 99 }
    inputs: { inlt: ["type:temperature"] }
    outputs: { fans: ["type:pump"] }
`,
  );
  const told = found.join("\n");
  assert.match(
    told,
    /hut\.yaml:9:\d+ {2}controllers\.mine\.settings {2}setpoint: 99 °C is above its maximum 35 °C/,
  );
  assert.match(
    told,
    /hut\.yaml:10:\d+ {2}controllers\.mine\.inputs\.inlt {2}mine has no input `inlt` {2}it has: inlet/,
  );
  assert.match(
    told,
    /hut\.yaml:11:\d+ {2}controllers\.mine\.outputs\.fans {2}nothing is bound: no device has type:pump/,
  );
});

test("tags that are no lists of texts are no reason to find nothing else", async (t) => {
  const folder = temporaryFolder(t);
  const loader = siteLoader({ clock: systemClock, log: silentLog, shipped });
  const wrong: readonly object[] = [{ where: [5] }, { where: [null] }, { inputs: { inlet: "point:inlet" } }];
  const section = Object.fromEntries(wrong.map((part, i) => [`c${i}`, { use: "fan-zone", ...part }]));
  const found = await controllerFileFaults(
    { ...section, gone: { use: "./gone.ts" } },
    { loader, folder, plans: [] },
  );
  assert.deepEqual(
    found.map(({ path }) => path),
    [["controllers", "gone", "use"]],
  );
});

test("a watchdog that nobody would feed, or with what it does not take, is told of", async (t) => {
  const beats = [
    "{ tags: [type:fan-tray], action: bus-loss-time, value: 60, every: 10m }",
    "{ tags: [type:fan-tray], action: bus-loss, value: 60, every: 10m }",
    "{ tags: [type:pump], action: bus-loss-time, value: 60, every: 10m }",
    "{ tags: [type:fan-tray], action: bus-loss-time, value: 99999999, every: 10m }",
    "{ tags: [type:fan-tray], action: bus-loss-time, value: sixty, every: 10m }",
  ];
  const text = `${line}${tray}controllers:
  safety:
    use: safety
    heartbeat: [${beats.join(", ")}]
`;
  const found = (await faults(t, {}, text)).filter((fault) => fault.includes(".heartbeat"));
  const told = [
    /heartbeat\[1\] {2}nobody would be fed: no device with type:fan-tray has an action bus-loss {2}name tags/,
    /heartbeat\[2\] {2}nobody would be fed: no device with type:pump has an action bus-loss-time/,
    /heartbeat\[3\]\.value {2}tray-a\.tray bus-loss-time: 99999999 is outside .* {2}write a value that it takes/,
    /heartbeat\[4\]\.value {2}tray-a\.tray bus-loss-time: "sixty" is not a decimal number/,
  ];
  assert.equal(found.length, told.length, found.join("\n"));
  for (const [i, pattern] of told.entries()) assert.match(found[i] ?? "", pattern);
});

test("an `init` that throws with the settings given is told of", async (t) => {
  const text = controllerText("mine").replace(
    "init: () => ({}),",
    'init: (settings) => { if (settings.setpoint > 30) throw new Error("no table for that"); return {}; },',
  );
  const of = (setpoint: number): string =>
    `${line}${tray}controllers:\n  mine:\n    use: ./controllers/mine.ts\n    settings: { setpoint: ${setpoint} }\n    inputs: { inlet: ["type:temperature"] }\n`;
  assert.deepEqual(await faults(t, { "mine.ts": text }, of(25)), []);
  const [told = ""] = await faults(t, { "mine.ts": text }, of(33));
  assert.match(
    told,
    /hut\.yaml:9:\d+ {2}controllers\.mine\.settings {2}its `init` fails: no table.*mine\.ts:\d+/,
  );
});

test("a shipped controller that would be bound to nothing is told of", async (t) => {
  const found = await faults(
    t,
    {},
    `${line}${tray}controllers:
  fan-zone: { use: fan-zone, where: ["zone:nowhere"] }
`,
  );
  assert.match(
    found.join("\n"),
    /controllers\.fan-zone\S* {2}nothing is bound: no device has .*zone:nowhere/,
  );
});

test("what may be bound to sensors of a BMC, which only it knows, is a note and no fault", async (t) => {
  const bmcs = `  bmcs: { plugin: ipmi }
${tray}  - { bus: bmcs, address: 10.0.0.1, alias: server-1, user: watcher, password: { env: PASSWORD } }
`;
  const found = await faults(
    t,
    {},
    `${line}${bmcs}controllers:
  fan-zone: { use: fan-zone, where: ["zone:nowhere"] }
  inlets: { use: fan-zone, settings: { setpoint: 25 }, outputs: { fans: ["use:none"] } }
`,
    { PASSWORD: "secret" },
  );
  assert.equal(found.length, 3, found.join("\n"));
  assert.match(
    found[0] ?? "",
    /controllers\.fan-zone\S* {2}note: nothing is bound: no device has .*zone:nowhere, unless 1 BMC has it {2}/u,
  );
  assert.ok(
    found.every((text) => / note: /u.test(text)),
    found.join("\n"),
  );
});

const own = (name: string, { inputs = "", outputs = "", rest = "" }): string => `
import { defineController, from, seconds, select, Type } from "bothy/controllers";
export default defineController({
  name: "${name}", version: "1.0.0", summary: "one of two", period: seconds(5),
  settings: Type.Object({}),
  inputs: { ${inputs} }, outputs: { ${outputs} },
  publishes: { x: { text: "a number" } },
  failSafe: { ${outputs === "" ? "" : "fans: 100"} },
  init: () => ({}),
  step: () => ({ outputs: {}, state: {}, reason: "none" }),${rest}
});
`;
const speed = (more: string): string => `fans: select("type:fan").action("speed", { ${more} })`;

test("two owners of one output, circles, and devices that are read-only are told with place and remedy", async (t) => {
  const found = await faults(
    t,
    {
      "a.ts": own("a", { inputs: 'x: from("b", "x").max()', outputs: speed("") }),
      "b.ts": own("b", { inputs: 'x: from("a", "x").max()' }),
      "c.ts": own("c", { outputs: speed("").replace("type:fan", "use:meter") }),
    },
    `${line}${tray}  - { bus: line, unit: 11, product: eastron-sdm630, alias: meter, tags: ["use:meter"] }
  - { bus: line, unit: 12, product: xy-md02, alias: probe }
controllers:
  fan-zone: { use: fan-zone, inputs: { inlet: ["type:temperature"] } }
  a: { use: ./controllers/a.ts }
  b: { use: ./controllers/b.ts }
  c: { use: ./controllers/c.ts }
`,
  );
  const told = found.join("\n");
  assert.match(
    told,
    /hut\.yaml:\d+:\d+ {2}controllers\.a\.outputs\S* {2}\S+ speed has a fail-safe value of fan-zone already \(so have 7 more\) {2}one controller owns an output/,
  );
  assert.match(told, /controllers\.a\S* {2}controllers wait for each other: a ← b ← a {2}let one of them/);
  assert.match(
    told,
    /controllers\.c\S* {2}nothing is bound: none of \d devices (?:takes writes, they are read-only|has an action speed), of use:meter/,
  );
});

test("limits of outputs that no step can keep are told", async (t) => {
  const found = await faults(
    t,
    { "often.ts": own("often", { outputs: speed("refresh: seconds(1), deadband: 200") }) },
    `${line}${tray}controllers:
  often: { use: ./controllers/often.ts }
`,
  );
  const told = found.join("\n");
  assert.match(
    told,
    /controllers\.often\S* {2}it is to be sent anew every 1 s, but a step is made only every 5 s/,
  );
  assert.match(told, /smaller changes than 200 are not sent, and \S+ speed takes only 0\.\.100/);
});
