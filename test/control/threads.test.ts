import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import type { Definition } from "../../controllers/contract.ts";
import { openInThreads } from "../../controllers/runtime/hosts.ts";
import { loadBundle } from "../../controllers/runtime/load.ts";
import type { Host } from "../../controllers/runtime/host.ts";
import { completeSettings } from "../../controllers/runtime/settings.ts";
import { minutes, systemClock } from "../../devices/clock.ts";
import { type Log, silentLog } from "../../devices/plugin.ts";
import { controlSite } from "../support/control-site.ts";
import { Table } from "../support/table-plugin.ts";
import { settle } from "../support/test-clock.ts";

/** A file of somebody's own, whose step is `body`. */
const file = (
  body: string,
  head = "",
): string => `import { defineController, select, seconds, Type, celsius } from "bothy/controllers";
${head}
interface State { steps: number }

export default defineController({
  name: "mine",
  version: "1.0.0",
  summary: "for tests",
  period: seconds(2),
  budget: 1000,
  settings: Type.Object({ setpoint: celsius({ default: 25, description: "Wanted." }) }),
  inputs: { inlet: select("type:temperature").max() },
  outputs: { fans: select("type:fan").action("speed") },
  failSafe: { fans: 95 },
  init: (): State => ({ steps: 0 }),
  step: ({ inputs, settings, state }) => {
    ${body}
    return { outputs: { fans: 50 + inputs.inlet.value - settings.setpoint }, state: { steps: state.steps + 1 }, reason: "so" };
  },
});
`;

function written(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-controller-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const opened = async (t: TestContext, text: string, log: Log = silentLog): Promise<Host> => {
  const bundle = await loadBundle(join(written(t, { "mine.ts": text }), "mine.ts"));
  const host = await openInThreads([], { clock: systemClock, log })(bundle, { name: "mine" });
  t.after(() => host.close());
  await host.configure(completeSettings(host.shape, {}));
  return host;
};

const call = (inlet: number, state: unknown = { steps: 0 }) =>
  ({
    inputs: { inlet: { quality: "good", value: inlet, age: 0, from: "probe", tags: [] } },
    state,
    dt: 2,
    applied: { fans: [] },
    mode: "automatic",
    at: 0,
    localHour: 12,
  }) as const;

test("a file becomes one text, with what it imports from beside it and from Bothy, and steps in a thread", async (t) => {
  const folder = written(t, {
    "mine.ts": file("state = { steps: add(state.steps, 10) };", `import { add } from "./add.ts";`),
    "add.ts": "export const add = (a: number, b: number): number => a + b;",
  });
  const bundle = await loadBundle(join(folder, "mine.ts"));
  assert.match(bundle.hash, /^[0-9a-f]{64}$/);
  assert.equal((await loadBundle(join(folder, "mine.ts"))).text, bundle.text, "the same file, the same text");
  const host = await openInThreads([], { clock: systemClock, log: silentLog })(bundle, { name: "mine" });
  t.after(() => host.close());
  assert.deepEqual(
    [host.shape.name, host.shape.period, host.shape.inputs["inlet"]?.pick],
    ["mine", 2000, "max"],
  );
  const configured = await host.configure(completeSettings(host.shape, { setpoint: 20 }));
  assert.deepEqual(configured, { settings: { setpoint: 20 }, failSafe: { fans: 95 } });
  assert.deepEqual(await host.init(), { steps: 0 });
  const { result } = await host.step(call(27, { steps: 1 }));
  assert.deepEqual(result, { outputs: { fans: 57 }, state: { steps: 12 }, reason: "so" });
});

test("of the library only what a file uses comes along", async (t) => {
  const folder = written(t, {
    "bare.ts": file(""),
    "loop.ts": file(
      "const { output } = pidStep(pidInit(), { setpoint: 20, pv: 25, dt: 2, nominal: 2 }, pidWith({ gain: 4 }));" +
        "state = { steps: output };",
      `import { pidInit, pidStep, pidWith } from "bothy/controllers";`,
    ),
  });
  const [bare, loop] = [await loadBundle(join(folder, "bare.ts")), await loadBundle(join(folder, "loop.ts"))];
  assert.doesNotMatch(bare.text, /setpointWeight|economiserStep/);
  assert.match(loop.text, /setpointWeight/);
  assert.doesNotMatch(loop.text, /economiserStep/);
  const host = await openInThreads([], { clock: systemClock, log: silentLog })(loop, { name: "loop" });
  t.after(() => host.close());
  await host.configure(completeSettings(host.shape, {}));
  const { result } = await host.step(call(27, { steps: 1 }));
  assert.ok((result as { state: { steps: number } }).state.steps > 20, JSON.stringify(result));
});

test("what is wrong with a file is told with its line", async (t) => {
  const folder = written(t, {
    "syntax.ts": "export default {\n  name: ,\n};",
    "missing.ts": `import { x } from "./nowhere.ts";\nexport default x;`,
    "io.ts": `import { readFileSync } from "node:fs";\nexport default readFileSync;`,
    "empty.ts": "export const x = 1;",
    "throws.ts": "const nothing = JSON.parse('null');\n\nexport default nothing.definition;",
  });
  const load = (name: string) => loadBundle(join(folder, name));
  await assert.rejects(load("syntax.ts"), {
    code: "BAD_CONFIG",
    message: /^syntax.ts: syntax.ts:2:9: Unexpected ","/,
  });
  await assert.rejects(load("missing.ts"), {
    message: /missing.ts:1:19: Could not resolve "\.\/nowhere\.ts"/,
  });
  await assert.rejects(load("io.ts"), { message: /io.ts:1:30: a controller cannot import node:fs/ });
  const open = openInThreads([], { clock: systemClock, log: silentLog });
  await assert.rejects(open(await load("empty.ts"), { name: "x" }), {
    code: "BAD_CONFIG",
    message: /the default export is no definition/,
  });
  await assert.rejects(open(await load("throws.ts"), { name: "x" }), {
    message: /^throws.ts: .*\(throws.ts:3:\d+\)$/,
  });
});

test("an error in a step is told with its place in the file", async (t) => {
  const host = await opened(t, file(`if (inputs.inlet.value > 30) throw new Error("too warm for me");`));
  const { failure } = await host.step(call(31));
  assert.equal(failure?.kind, "threw");
  assert.match(failure.text, /too warm for me \(mine\.ts:17:\d+\)/);
  assert.equal((await host.step(call(20))).failure, undefined);
});

test("a result that is no small JSON is told, and the next step goes on from the state before", async (t) => {
  const result = (state: string, outputs = "{}"): string =>
    `return { outputs: ${outputs}, state: ${state}, reason: "x" } as never;`;
  const rows: readonly (readonly [body: string, told: RegExp])[] = [
    [result("{ n: NaN }"), /`state\.n` is NaN, from which no step could go on/],
    [result("new Map()"), /`state` is an object of the class Map/],
    [result("{}", "{ fans: 5n }"), /`result\.outputs\.fans` is a bigint/],
    ["const all = { me: {} }; all.me = all; " + result("all"), /`state` goes round in a circle/],
    [result('"x".repeat(5e7)'), /`state` is longer than 262144 characters/],
    [result("new Array(1e6).fill(1)"), /`state` is longer than 262144 characters/],
    ["return { outputs: { fans: 1 }, reason: 'x' } as never;", /^nothing$/],
    ["return Promise.resolve(1) as never;", /`result` is a promise, but a step waits for nothing/],
    [
      "return { get outputs() { throw new Error('no'); }, state: {}, reason: 'x' } as never;",
      /cannot be read: no/,
    ],
    ["throw Object.create(null);", /the step threw: something was thrown that cannot be told/],
    ["settings.setpoint = 10;", /Cannot assign to read only property 'setpoint'.* \(mine\.ts:17:\d+\)/],
  ];
  const cases = rows.map(([body], i) => `if (inputs.inlet.value === ${100 + i}) { ${body} }`).join(" ");
  const host = await opened(t, file(cases));
  for (const [i, [body, told]] of rows.entries()) {
    const { failure } = await host.step(call(100 + i));
    assert.match(failure?.text ?? "nothing", told, body);
  }
  assert.equal((await host.step(call(20))).failure, undefined);
});

test("what cannot leave a thread is no result", async (t) => {
  const host = await opened(t, file("return { outputs: {}, state: { f: () => 1 } as never, reason: 'x' };"));
  assert.equal((await host.step(call(20))).failure?.kind, "invalid");
});

test("an endless loop is ended, this thread goes on meanwhile, and a new one takes its place", async (t) => {
  const host = await opened(t, file("if (inputs.inlet.value > 30) for (;;);"));
  let turns = 0;
  const over = new AbortController();
  const counting = (async () => {
    for (; !over.signal.aborted; turns++)
      await new Promise((next) => systemClock.at(systemClock.monotonic() + 1, () => next(undefined)));
  })();
  const { failure } = await host.step(call(31));
  over.abort();
  await counting;
  assert.equal(failure?.kind, "overran");
  assert.ok(turns > 5, `${turns} turns of this thread`);
  const again = await host.step(call(27, { steps: 7 }));
  assert.deepEqual(again.result, { outputs: { fans: 52 }, state: { steps: 8 }, reason: "so" });
});

test("a thread that takes too much memory dies alone", async (t) => {
  const host = await opened(
    t,
    file(
      "if (inputs.inlet.value > 30) for (const all: unknown[] = []; ; ) all.push(new Array(1e6).fill(1.5));",
    ),
  );
  const { failure } = await host.step(call(31));
  assert.ok(failure?.kind === "threw" || failure?.kind === "overran");
  assert.equal((await host.step(call(27))).failure, undefined);
});

test("a thread that keeps too much beside its heap is ended, and a new one begins with nothing of it", async (t) => {
  const host = await opened(
    t,
    file(
      "if (inputs.inlet.value > 30) kept.push(new Float64Array(4e6).fill(1));",
      "const kept: Float64Array[] = [];",
    ),
  );
  let failure: string | undefined;
  let steps = 0;
  for (; failure === undefined && steps < 20; steps++) failure = (await host.step(call(31))).failure?.text;
  assert.match(failure ?? "", /it holds \d+ MB beside its heap, of at most 192 MB, and was ended$/);
  assert.ok(steps > 3, `${steps} steps: a little is allowed`);
  assert.equal((await host.step(call(31))).failure, undefined, "what the one before kept is gone");
});

test("one that dies again and again is away for longer and longer, and told so at once", async (t) => {
  const host = await opened(t, file("for (;;);"));
  const kinds: (string | undefined)[] = [];
  for (let i = 0; i < 4; i++) kinds.push((await host.step(call(20))).failure?.kind);
  assert.deepEqual(kinds, ["overran", "overran", "lost", "lost"]);
  assert.match(
    (await host.step(call(20))).failure?.text ?? "",
    /its thread has died and is not started anew yet: it took longer than 1100 ms and was ended$/,
  );
});

test("settings that make it die are mended at once, however long its thread is to be away", async (t) => {
  const host = await opened(t, file("if (settings.setpoint > 40) for (;;);"));
  await host.configure({ setpoint: 41 });
  for (let i = 0; i < 3; i++) await host.step(call(20));
  assert.equal((await host.step(call(20))).failure?.kind, "lost", "it is away");
  await host.configure({ setpoint: 20 });
  assert.deepEqual((await host.step(call(27))).result?.outputs, { fans: 57 });
});

test("on a site: in fail-safe when its step never ends, and back when it does", async (t) => {
  const folder = written(t, { "mine.ts": file("if (inputs.inlet.value > 30) for (;;);") });
  const table = new Table();
  table.values.set("inlet/temperature", 27);
  // The site's time is the test's; the thread's is real.
  const open = openInThreads([], { clock: systemClock, log: silentLog });
  const site = await controlSite(
    t,
    { mine: { use: await loadBundle(join(folder, "mine.ts")) } },
    { table, parts: { open } },
  );
  const steps = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const before = site.traces.length;
      await site.clock.advance(2000);
      while (site.traces.length === before)
        await new Promise((next) => systemClock.at(systemClock.monotonic() + 1, () => next(undefined)));
      await settle();
    }
  };
  // The site's time goes by many times as fast as a thread begins, the more so on a busy machine.
  const automatic = async (): Promise<void> => {
    const end = systemClock.monotonic() + minutes(2);
    while (site.controllers.get("mine")?.mode !== "automatic") {
      assert.ok(
        systemClock.monotonic() < end,
        site.controllers.get("mine")?.last?.reason ?? "it never made a step",
      );
      await steps(1);
    }
  };
  await automatic();
  await steps(2);
  assert.deepEqual([site.controllers.get("mine")?.mode, site.duty()], ["automatic", 52]);
  table.values.set("inlet/temperature", 31);
  await steps(2);
  await site.clock.advance(100);
  assert.deepEqual([site.controllers.get("mine")?.mode, site.duty()], ["fail-safe", 95]);
  assert.match(site.controllers.get("mine")?.last?.reason ?? "", /it took longer than 1100 ms and was ended/);
  table.values.set("inlet/temperature", 28);
  // The thread is away for a second by now, because it died twice.
  await automatic();
});

test("a step that is done in time counts, however long this thread was busy meanwhile", async (t) => {
  const host = await opened(t, file(""));
  await host.step(call(20));
  const stepping = host.step(call(27));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1300);
  assert.deepEqual((await stepping).result?.outputs, { fans: 52 });
});

test("what is thrown between two steps, even nothing, ends that thread and no other", async (t) => {
  const host = await opened(t, file("if (inputs.inlet.value > 30) setTimeout(() => { throw null; });"));
  await host.step(call(31));
  let failure = (await host.step(call(20))).failure;
  while (failure !== undefined) {
    assert.match(failure.text, /its thread died: null|its thread has died/);
    failure = (await host.step(call(20))).failure;
    await new Promise((next) => systemClock.at(systemClock.monotonic() + 10, () => next(undefined)));
  }
});

test("a thread that dies between two steps fails the next one, so that its deaths are counted", async (t) => {
  let died = (): void => undefined;
  const log = { ...silentLog, error: () => died() };
  // Not before its answer was heard: a thread's end may overtake what it said last.
  const now = join(written(t, {}), "now");
  const body = `const { existsSync } = process.getBuiltinModule("node:fs");
    if (inputs.inlet.value > 30) setInterval(() => { if (existsSync(${JSON.stringify(now)})) throw new Error("late"); });`;
  const host = await opened(t, file(body), log);
  for (let i = 0; i < 2; i++) {
    const dead = new Promise<void>((resolve) => (died = resolve));
    assert.equal((await host.step(call(31))).failure, undefined);
    writeFileSync(now, "");
    await dead;
    rmSync(now);
    const { failure } = await host.step(call(20));
    assert.deepEqual(failure, {
      kind: "threw",
      text: "the step did not end: its thread died: late, between two steps",
    });
  }
  assert.equal((await host.step(call(20))).failure?.kind, "lost", "once each");
});

test("what a thread says that is no answer ends that thread and no other", async (t) => {
  const port = `process.getBuiltinModule("node:worker_threads").parentPort`;
  const said = "[null, 7, {}, { id: 2 }]";
  const host = await opened(
    t,
    file(
      `if (inputs.inlet.value > 30) ${port}.postMessage(${said}[inputs.inlet.value - 31]);`,
      "declare const process: { getBuiltinModule(name: string): { parentPort: { postMessage(a: unknown): void } } };",
    ),
  );
  const texts: (string | undefined)[] = [];
  for (const inlet of [31, 32, 33, 34]) {
    texts.push((await host.step(call(inlet))).failure?.text);
    await host.configure({ setpoint: 25 });
  }
  assert.deepEqual(texts, Array(4).fill("the step did not end: it said what is no answer, and was ended"));
  assert.deepEqual((await host.step(call(27))).result?.outputs, { fans: 52 });
});

test("a thread that cannot be started is told, and tried again", async (t) => {
  const bundle = await loadBundle(join(written(t, { "mine.ts": file("") }), "mine.ts"));
  let starts = 0;
  const start = (): Promise<never> => {
    starts++;
    return Promise.reject(new Error("no memory"));
  };
  const open = openInThreads([], { clock: systemClock, log: silentLog, start });
  await assert.rejects(open(bundle, { name: "mine" }), {
    code: "BAD_CONFIG",
    message: /its thread has died and is not started anew yet/,
  });
  assert.equal(starts, 2);
});

test("shipped ones share a thread; one that never ends does not take the others with it", async () => {
  const { shipped } = await import("../../controllers/shipped/index.ts");
  const [first] = shipped as readonly [Definition, ...Definition[]];
  const open = openInThreads(shipped, { clock: systemClock, log: silentLog });
  const a = await open({ kind: "shipped", name: first.name }, { name: "a" });
  const b = await open({ kind: "shipped", name: first.name }, { name: "b" });
  assert.equal(a.shape.version, first.version);
  await a.close();
  const settings = completeSettings(b.shape, {});
  assert.deepEqual((await b.configure(settings)).settings, settings);
  await b.close();
  await assert.rejects(open({ kind: "shipped", name: "nothing" }, { name: "c" }), { message: /there are: / });
});
