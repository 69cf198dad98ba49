import assert from "node:assert/strict";
import { test } from "node:test";
import { Value } from "typebox/value";
import { compensation, expectedSpeed, learn, learntInit } from "./fan-speed.ts";
import { compensate } from "./fan-group.ts";
import { fanInit, type FanInput, fanSettings, type FanState, fanStep } from "./fans.ts";

const settings = { ...Value.Create(fanSettings), fullSpeed: 4000 };
const healthy = (duty: number): number => expectedSpeed(duty, learntInit, settings) ?? 0;

const follow = (inputs: readonly Partial<FanInput>[], from: FanState = fanInit(), given = settings) => {
  let state = from;
  return inputs.map((input) => {
    const duty = input.duty ?? 60;
    const result = fanStep(state, { duty, rpm: healthy(duty), dt: 5, ...input }, given);
    state = result.state;
    return result;
  });
};
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);
const statuses = (inputs: readonly Partial<FanInput>[], from?: FanState) =>
  follow(inputs, from).map((one) => one.status);

test("a healthy fan is well at any duty, also while the duty changes", () => {
  const duties = [...times(20, 60), ...times(20, 30), ...times(20, 100)].map((duty) => ({ duty }));
  assert.deepEqual(new Set(statuses(duties)), new Set(["ok"]));
});

test("a stopped fan is kicked three times, has then failed, and is well again after a minute of turning", () => {
  const results = follow(times(14, { rpm: 0 }));
  assert.deepEqual(
    results.slice(0, 3).map((one) => [one.status, one.override]),
    [
      ["ok", undefined],
      ["kick", 100],
      ["stopped", undefined],
    ],
  );
  assert.equal(results.filter((one) => one.override === 100).length, 3);
  assert.equal(
    results.findIndex((one) => one.status === "failed"),
    7,
    "within 40 s",
  );
  const back = statuses(times(14, {}), results.at(-1)!.state);
  assert.equal(back.indexOf("ok"), 11, "60 s to be believed");
});

test("a kick that helps ends it", () => {
  const results = follow([{ rpm: 0 }, { rpm: 0 }, {}, ...times(15, {})]);
  assert.equal(results.at(-1)!.status, "ok");
  assert.equal(results.at(-1)!.state.kicks, 0);
});

test("no speed while air moves is a fault of the tachometer; no reading at all is no failure", () => {
  assert.equal(statuses(times(20, { rpm: 0, moves: true })).at(-1), "tach-fault");
  assert.deepEqual(new Set(statuses(times(20, { rpm: undefined }))), new Set(["unknown"]));
});

test("a fan that should say its speed and does not is silent after a minute, and believed again after another", () => {
  const silent = { rpm: undefined, silent: true };
  const results = follow([...times(20, {}), ...times(20, silent)]);
  const seen = results.slice(20).map(({ status }) => status);
  assert.deepEqual([seen.indexOf("silent"), seen[0]], [11, "unknown"]);
  const back = statuses(times(14, {}), results.at(-1)!.state);
  assert.deepEqual([back[0], back.indexOf("ok")], ["silent", 11]);
  assert.ok(statuses(times(20, { rpm: 0 }), results.at(-1)!.state).includes("kick"), "it stands still");
  const slow = statuses(times(20, { rpm: healthy(60) * 0.7 }), results.at(-1)!.state);
  assert.equal(slow.at(-1), "slow");
  assert.equal(statuses([...times(20, {}), ...times(20, { ...silent, moves: true })]).at(-1), "tach-fault");
});

test("what has failed is told also while its speed is not known", () => {
  const failed = follow(times(14, { rpm: 0 })).at(-1)!.state;
  assert.deepEqual(new Set(statuses(times(30, { rpm: undefined }), failed)), new Set(["failed"]));
  assert.deepEqual(
    new Set(statuses(times(30, { rpm: undefined, silent: true }), failed)),
    new Set(["failed"]),
  );
});

test("slow is degraded, very slow has failed, fast is blocked: each after a minute", () => {
  const at = (share: number) => statuses(times(20, { rpm: healthy(60) * share }));
  assert.equal(at(0.7).indexOf("slow"), 13);
  assert.equal(at(0.5).at(-1), "failed");
  assert.equal(at(1.2).at(-1), "fast");
  assert.equal(at(1.1).at(-1), "ok");
  assert.equal(at(0.85).at(-1), "ok");
});

test("a speed that swings at an even duty hunts", () => {
  const swinging = Array.from({ length: 60 }, (_, k) => ({ rpm: healthy(60) * (k % 2 === 0 ? 0.93 : 1.07) }));
  assert.ok(statuses(swinging).includes("hunting"));
});

test("a bearing that wears is told over weeks", () => {
  let state = fanInit();
  let fall: number | undefined;
  // 10 % per 1000 h, in steps of an hour as far as the trend is concerned.
  for (let hour = 0; hour < 600; hour++) {
    const rpm = healthy(60) * (1 - (0.1 * hour) / 1000);
    for (let i = 0; i < 12; i++)
      ({ state, fall } = { fall: undefined, ...fanStep(state, { duty: 60, rpm, dt: 300 }, settings) });
  }
  assert.ok(fall !== undefined && fall > 8 && fall < 12, String(fall));
  assert.equal(state.status, "ok");
});

test("without a full speed the map is learnt from the fan", () => {
  const unknown = { ...settings, fullSpeed: 0 };
  let learnt = learntInit;
  for (let i = 0; i < 100; i++) learnt = learn(learnt, 30 + (i % 50), 100 + 30 * (30 + (i % 50)));
  assert.ok(Math.abs((expectedSpeed(70, learnt, unknown) ?? 0) - 2200) < 1e-6);
  assert.equal(expectedSpeed(10, learnt, unknown), undefined);
  assert.equal(expectedSpeed(70, learntInit, unknown), undefined);
  const results = follow(times(80, {}), fanInit(), unknown);
  assert.equal(results.at(-1)!.status, "ok");
  assert.ok((results.at(-1)!.expected ?? 0) > 0);
  const stopped = follow(times(14, { rpm: 0 }), fanInit(), unknown);
  assert.equal(stopped.at(-1)!.status, "failed", "a fan that never turned too");
});

test("compensation is that of the fan and system curves", () => {
  const cabinet = { fanCurve: 24_000, systemCurve: 1000 };
  const container = { fanCurve: 240, systemCurve: 4.444 };
  for (const [all, left, curves, expected] of [
    [4, 3, cabinet, 1.211],
    [4, 2, cabinet, 1.673],
    [4, 1, cabinet, 3.162],
    [6, 5, container, 1.124],
  ] as const)
    assert.ok(Math.abs(compensation(all, left, curves) - expected) < 5e-4, `${left} of ${all}`);
  assert.equal(compensation(4, 0, cabinet), Infinity);
  // The affinity-law flow of those left at that factor is the flow of all.
  const flow = (n: number, speed: number) => n * speed * Math.sqrt(100 / (24_000 + 1000 * n ** 2));
  assert.ok(Math.abs(flow(3, compensation(4, 3, cabinet)) - flow(4, 1)) < 1e-12);
});

test("a group says when those left are not enough", () => {
  const group = (wanted: number) => compensate(["ok", "failed", "slow", "ok"], wanted, settings);
  assert.equal(group(60).remaining, 3);
  assert.equal(group(60).insufficient, false);
  assert.equal(group(90).insufficient, true);
  assert.equal(compensate(["ok", "ok"], 100, settings).factor, 1);
});

test("put away and taken out at any moment a fan goes on the same", () => {
  let kept = fanInit();
  const inputs = Array.from({ length: 60 }, (_, k) => ({
    rpm: k > 20 && k < 40 ? 0 : healthy(60) * (1 + 0.01 * (k % 3)),
  }));
  const whole = follow(inputs);
  inputs.forEach((input, k) => {
    const result = fanStep(
      JSON.parse(JSON.stringify(kept)) as FanState,
      { duty: 60, dt: 5, ...input },
      settings,
    );
    assert.deepEqual(result, whole[k]);
    kept = result.state;
  });
});

test("of duties far from those it was seen at, nothing is expected; what is learnt belongs to the duty it was seen at", () => {
  const unknown = { ...settings, fullSpeed: 0 };
  let state = fanInit();
  // Down from 65 % in steps too small to count as a change of duty each.
  for (let i = 0; i < 400; i++) {
    const duty = i < 200 ? 65 : Math.max(25, 65 - (i - 200) / 2);
    const result = fanStep(state, { duty, rpm: 40 * duty, dt: 5 }, unknown);
    assert.equal(result.status, "ok", `${duty} %`);
    ({ state } = result);
  }
  assert.ok(Math.abs((expectedSpeed(25, state.learnt, unknown) ?? 0) - 1000) < 1e-6);
  let narrow = learntInit;
  for (let i = 0; i < 100; i++) narrow = learn(narrow, 60 + (i % 3), 2400);
  assert.equal(expectedSpeed(25, narrow, unknown), undefined);
  assert.equal(expectedSpeed(61, narrow, unknown) === undefined, false);
});
