import assert from "node:assert/strict";
import { test } from "node:test";
import { runInThisContext } from "node:vm";
import { page } from "./page.ts";
import { viewScript } from "./page-script.ts";

interface View {
  value(reading: object): string;
  span(seconds: number): string;
  quality(reading: object): string;
  absence(reading: object): string;
  label(reading: object, device: object, count: number): string;
  groups(devices: readonly object[], by: string): [string, { alias: string }[]][];
  alarms(readings: readonly object[], devices: readonly object[]): string[];
  reasons(bad: readonly object[], devices: readonly object[]): string[];
}
const view = runInThisContext(`(() => {${viewScript}; return view; })()`) as View;
const plain = (text: string): string => text.replaceAll("\u202f", " ");
const celsius = { name: "celsius", symbol: "C" };

test("values stand with their units, as people write them", () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ value: 21.456, unit: celsius }, "21.46 °C"],
    [{ value: 230.14, unit: { symbol: "V" } }, "230.1 V"],
    [{ value: 1980, unit: { symbol: "RPM" } }, "1980 RPM"],
    [{ value: 250_000, unit: { symbol: "Wh" } }, "250 000 Wh"],
    [{ value: 4063, unit: { symbol: "s" } }, "68 min"],
    [{ value: 0, unit: null }, "0"],
    [{ value: "open", unit: null }, "open"],
    [{ value: false, unit: null }, "false"],
  ];
  for (const [reading, expected] of cases) assert.equal(plain(view.value(reading)), expected);
  assert.deepEqual(
    [0.4, 90, 7380, 200_000].map((span) => view.span(span)),
    ["0 s", "90 s", "2 h 3 min", "2 d 7 h"],
  );
});

test("what is bad is seen to be; what the hardware does not have is not a fault", () => {
  assert.equal(view.quality({ context: {} }), "good");
  assert.equal(view.quality({ context: { quality: "uncertain", reason: "STALE" } }), "uncertain");
  assert.equal(view.quality({ context: { quality: "bad", reason: "NO_ANSWER" } }), "bad");
  assert.equal(view.quality({ context: { quality: "bad", reason: "ABSENT" } }), "none");
  const bad = (device: string, text: string) => ({ device, context: { reason_text: text } });
  const devices = [{ id: "1", alias: "fan" }];
  assert.deepEqual(view.reasons([bad("1", "silent"), bad("1", "silent"), bad("2", "cut")], devices), [
    "silent (2 values of fan)",
    "cut (a value of 2)",
  ]);
});

test("what the equipment itself finds wrong is told, the worst first", () => {
  const says = (device: string, value: number, context: object): object => ({
    device,
    value,
    unit: celsius,
    context,
  });
  const readings = [
    says("1", 20, { status: "ok" }),
    says("1", 45, { status: "non-critical" }),
    says("2", 95, { status: "critical" }),
    says("2", 0, { status: "critical", quality: "bad", reason: "NO_ANSWER" }),
    says("2", 0, { status: "somebody's own word" }),
  ];
  assert.deepEqual(view.alarms(readings, [{ id: "1", alias: "inlet" }]).map(plain), [
    "2: 95 °C, critical",
    "inlet: 45 °C, non-critical",
  ]);
});

test("why there is no value is said in a few words, where there are any", () => {
  const absent = (text?: string) => view.absence({ context: { reason: "ABSENT", reason_text: text } });
  assert.equal(absent("server-1-fan1 says it has no value here (the host is off)"), "– host is off");
  assert.equal(absent("limit says it has no value here (no limit is in force)"), "– no limit is in force");
  assert.equal(absent("probe says it has no value here (0x8000)"), "–");
  assert.equal(absent(), "–");
  const long = absent(`it says it has no value here (${"a word ".repeat(20)})`);
  assert.match(long, /^– a word .*…$/);
  assert.ok(long.length <= 42);
});

test("devices are grouped by rack and zone, unit or type; buses last", () => {
  const device = (alias: string, type: string, ...tags: string[]) => ({ alias, type, tags });
  const devices = [
    device("line", "bus", "site/a"),
    device("tray.fan-10", "fan", "default/rack:r1", "default/zone:cold"),
    device("tray.fan-2", "fan", "default/rack:r1", "default/zone:cold"),
    device("probe", "temperature"),
    device("pdu.inlet", "power", "default/rack:r1"),
    device("server-1-fan1", "fan", "default/rack:r1", "ipmi/chassis:server-1"),
  ];
  const names = (by: string): [string, string[]][] =>
    view.groups(devices, by).map(([name, members]) => [name, [...members.map(({ alias }) => alias)]]);
  assert.deepEqual(names("place"), [
    ["Rack r1", ["pdu.inlet", "server-1-fan1"]],
    ["Rack r1 · Zone cold", ["tray.fan-2", "tray.fan-10"]],
    ["Elsewhere", ["probe"]],
    ["Buses", ["line"]],
  ]);
  assert.deepEqual(
    names("unit").map(([name]) => name),
    ["pdu", "probe", "server-1", "tray", "Buses"],
  );
});

test("a label is there where values would be alike without it", () => {
  const fan = { type: "fan" };
  assert.equal(view.label({ type: "frequency", unit: {}, context: {} }, fan, 2), "");
  assert.equal(view.label({ type: "power", unit: {}, context: {} }, fan, 9), "power");
  assert.equal(view.label({ type: "voltage", unit: {}, context: { channel: "l1" } }, fan, 9), "l1");
  assert.equal(view.label({ type: "state", unit: null, context: {} }, fan, 2), "state");
});

test("the page is one file that asks nothing of others, whatever the site is called", () => {
  const html = page(`</title><script>alert("x")</script>`, "1.0.0");
  assert.doesNotMatch(html, /https?:\/\/|\bsrc=|@import|<link rel="stylesheet"/);
  assert.equal(html.match(/<script/g)?.length, 1);
  assert.ok(html.length < 60_000);
});
