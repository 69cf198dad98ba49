import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../devices/clock.ts";
import type { ErrorCode } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import type { Reading } from "../../devices/reading.ts";
import { valueOf } from "../../devices/reading.ts";
import { plugins } from "../../plugins/index.ts";
import { demoText } from "../../server/cli/demo-text.ts";
import { allRead, allTrusted, type Demo, startDemo } from "../../server/demo.ts";

const timeout = 400_000;

/** Waits several times as long as somebody at a screen would: the machine may have other things to do. */
async function patiently(what: string, become: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 4; i++) if (await become(new AbortController().signal)) return;
  assert.fail(`not in time: ${what}`);
}

async function demo(t: TestContext, wires?: "tcp"): Promise<Demo> {
  const started = await startDemo({
    clock: systemClock,
    log: silentLog,
    plugins: [...plugins.values()],
    listen: { port: 0 },
    ...(wires === undefined ? {} : { wires }),
  });
  t.after(() => started.stop());
  const { site } = started.served;
  await patiently("every device is read", (signal) => allRead(site, signal));
  await patiently("controllers are trusted", (signal) => allTrusted(site, signal));
  const { names, running } = site.controllers;
  assert.deepEqual(
    running?.list().map(({ name, mode }) => [name, mode]),
    names.map((name) => [name, "automatic"]),
  );
  return started;
}

interface Row {
  readonly type: string;
  readonly value: unknown;
  readonly context: Readonly<Record<string, string>>;
}

async function ask<T>({ served }: Demo, path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(new URL(path, served.url), init);
  return (await answer.json()) as T;
}

/** Resolves with the first reading of a device's first output that fits. */
function reading(
  { served: { site } }: Demo,
  alias: string,
  fits: (reading: Reading) => boolean,
): Promise<Reading> {
  const device = site.registry.get(alias);
  return new Promise((resolve) => {
    const stop = site.store.subscribe((readings) => {
      const found = readings.find(
        ({ id }) => id.device === device?.id && id.output === device.outputs[0]?.output.name,
      );
      if (found === undefined || !fits(found)) return;
      stop();
      resolve(found);
    });
  });
}

/** Resolves once no value is left that nobody has tried to read. */
async function everyValueTried({ served: { site } }: Demo): Promise<void> {
  const untried = (): boolean =>
    site.registry
      .all()
      .flatMap(({ id }) => site.store.latest(id))
      .some((one) => one.quality === "bad" && one.reason.code === "NOT_READ_YET");
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (untried()) return;
      stop();
      resolve();
    };
    const stop = site.store.subscribe(look);
    look();
  });
}

const silence: ReadonlySet<ErrorCode> = new Set(["NO_ANSWER", "LATE_ANSWER"]);

/** Resolves once no value is bad because its unit did not answer in time, as it may not on a busy machine. */
async function nothingSilent({ served: { site } }: Demo): Promise<void> {
  const silent = (): boolean =>
    site.registry
      .all()
      .flatMap(({ id }) => site.store.latest(id))
      .some((one) => one.quality === "bad" && silence.has(one.reason.code));
  if (!silent()) return;
  await new Promise<void>((resolve) => {
    const stop = site.store.subscribe(() => {
      if (silent()) return;
      stop();
      resolve();
    });
  });
}

test(
  "what the demonstration tells to try can be done, and its values stand in people's units",
  { timeout },
  async (t) => {
    const running = await demo(t);
    await everyValueTried(running);
    await nothingSilent(running);
    const text = demoText(running, "bothy");
    assert.match(text, / \d+(\.\d+)? °C/);
    assert.match(text, /bmc-1 \(port \d+\), bmc-2 \(\d+\)/);
    assert.doesNotMatch(text, /\d C( |$)/m);
    const commands = [...text.matchAll(/^ {2}curl (?:-d '(.*)' )?(http:\S+)$/gm)];
    assert.equal(commands.length, 3);
    for (const [command, body, url = ""] of commands) {
      const answer = await fetch(url, body === undefined ? {} : { method: "POST", body });
      assert.equal(answer.status, 200, command);
      assert.doesNotMatch(await answer.text(), /"ERROR"|"bad"/, command);
    }
    const [, bus = ""] = /^ {2}bothy bus watch (\S+) --host http:/m.exec(text) ?? [];
    assert.ok(running.served.site.buses.has(bus));
  },
);

test("what HTTP says is what the simulated equipment measures", { timeout }, async (t) => {
  const running = await demo(t);
  const { physics } = running.simulated;
  await nothingSilent(running);
  const near = async (path: string, index: number, truth: () => number, within: number): Promise<void> => {
    const rows = await ask<Row[]>(running, `/v3/read/${path}`);
    const value = Number(rows[index]?.value);
    assert.ok(Math.abs(value - truth()) <= within, `${path} reads ${value}, the truth is ${truth()}`);
  };
  // What the probes measure, not what they are in: they take half a minute to follow, and the inlet warms quickly at first.
  const probe = (name: string): number =>
    (running.simulated.unit(name).readWords("input", 1, 1)[0] ?? Number.NaN) / 10;
  await near("probe-outdoor.temperature", 0, () => probe("probe-outdoor"), 0.5);
  await near("probe-inlet.temperature", 0, () => probe("probe-inlet"), 0.5);
  await near("dc-1.plant", 0, () => physics.state.plant.busVolts, 0.2);
  await near("meter-1", 0, () => physics.state.mainsVolts[0], 3);
  const [rpm, duty] = await ask<Row[]>(running, "/v3/read/tray-a.fan-3");
  // Its controller may have changed it since it was read.
  const written = (running.simulated.unit("tray-a").readWords("holding", 2, 1)[0] ?? Number.NaN) / 10;
  assert.ok(
    Math.abs(Number(duty?.value) - written) <= 10,
    `${String(duty?.value)} %, the register holds ${written}`,
  );
  assert.ok(Number(rpm?.value) > 500);
  await everyValueTried(running);
  await nothingSilent(running);
  const everything = await ask<Row[]>(running, "/v3/read");
  const bad = everything.filter(({ context }) => context["quality"] === "bad");
  assert.ok(everything.length > 200);
  // What equipment says it does not have: the autonomy of a battery that is not discharging.
  assert.deepEqual([...new Set(bad.map(({ context }) => context["reason"]))], ["ABSENT"]);
});

test("an HTTP write changes the register on the line, and is done when read back", { timeout }, async (t) => {
  const running = await demo(t);
  const tray = running.simulated.unit("tray-a");
  const body = JSON.stringify({ action: "speed", data: "80" });
  const path = "/v3/write/wait/tray-a.fan-1";
  const [done] = await ask<{ status: string; device: string }[]>(running, path, { method: "POST", body });
  assert.equal(done?.status, "DONE");
  assert.deepEqual([...tray.readWords("holding", 0, 1)], [800]);
  const [, duty] = await ask<Row[]>(running, "/v3/read/tray-a.fan-1");
  assert.equal(duty?.value, 80);
  const off = JSON.stringify({ action: "switch", data: "off" });
  const [outlet] = await ask<{ status: string }[]>(running, "/v3/write/wait/pdu-1.outlet-2", {
    method: "POST",
    body: off,
  });
  assert.equal(outlet?.status, "DONE");
  assert.equal(running.simulated.physics.commands.outlets[1], false);
});

test("a silent unit's values turn bad with the reason, and heal by themselves", { timeout }, async (t) => {
  const running = await demo(t);
  const silent = reading(running, "probe-inlet.temperature", ({ quality }) => quality === "bad");
  await ask(running, "/api/simulator/faults", { method: "POST", body: '{"fault":"probe-inlet silent"}' });
  const fell = await silent;
  assert.equal(fell.quality === "bad" ? fell.reason.code : "", "NO_ANSWER");
  const [row] = await ask<Row[]>(running, "/v3/read/probe-inlet.temperature");
  assert.deepEqual([row?.value, row?.context["quality"], row?.context["reason"]], [null, "bad", "NO_ANSWER"]);
  const healed = reading(running, "probe-inlet.temperature", ({ quality }) => quality === "good");
  assert.deepEqual(await ask(running, "/api/simulator/faults", { method: "DELETE" }), []);
  assert.equal(typeof valueOf(await healed), "number");
  const refused = await ask<{ code: string; context: string }>(running, "/api/simulator/faults", {
    method: "POST",
    body: '{"fault":"nobody silent"}',
  });
  assert.equal(refused.code, "BAD_INPUT");
});

test("without pseudo-terminals the lines are reached over TCP", { timeout }, async (t) => {
  const running = await demo(t, "tcp");
  const buses = await ask<{ name: string; state: string; report: { transport?: string } }[]>(
    running,
    "/api/buses",
  );
  assert.deepEqual(
    buses.slice(0, 3).map(({ name, state, report }) => [name, state, report.transport]),
    [
      ["line-a", "open", "rtu-over-tcp"],
      ["line-b", "open", "rtu-over-tcp"],
      ["tcp", "open", "tcp"],
    ],
  );
  assert.deepEqual(
    buses.slice(3).map(({ name, state }) => [name, state]),
    ["bmcs", "bmcs:server-1", "bmcs:server-2"].map((name) => [name, "open"]),
  );
  const [row] = await ask<Row[]>(running, "/v3/read/probe-outlet.temperature");
  assert.equal(typeof row?.value, "number");
});

test("the weather is what was chosen; one there is not is refused", { timeout }, async (t) => {
  const options = { clock: systemClock, log: silentLog, plugins: [...plugins.values()], listen: { port: 0 } };
  const running = await startDemo({ ...options, weather: "constant:-7" });
  t.after(() => running.stop());
  assert.equal(running.simulated.physics.state.outdoor, -7);
  await assert.rejects(startDemo({ ...options, weather: "tropical" }), /no weather is called "tropical"/);
});

test("two sites run in one process without knowing of each other", { timeout }, async (t) => {
  const [one, other] = await Promise.all([demo(t), demo(t)]);
  const body = JSON.stringify({ action: "speed", data: "90" });
  await ask(one, "/v3/write/wait/tray-a.fan-1", { method: "POST", body });
  assert.deepEqual([...one.simulated.unit("tray-a").readWords("holding", 0, 1)], [900]);
  assert.ok(Number(other.simulated.unit("tray-a").readWords("holding", 0, 1)[0]) < 850);
  await one.stop();
  assert.equal((await ask<{ status: string }>(other, "/test")).status, "ok");
});
