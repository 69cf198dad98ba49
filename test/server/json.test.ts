import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Device } from "../../devices/device.ts";
import { outputNamed } from "../../devices/output.ts";
import type { Reading, Value } from "../../devices/reading.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { ReadingJson, toJson } from "../../server/json.ts";
import { TestClock } from "../support/test-clock.ts";

test("JSON is the same as ever, but for integers too large for a number", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(toJson(value), JSON.stringify(value));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      assert.equal(toJson({ a: [value], b: undefined }), `{"a":[${value}]}`);
    }),
  );
  assert.equal(toJson([Number.NaN, Infinity, undefined]), "[null,null,null]");
});

const outputs = ["temperature", "humidity", "count"].map((name) => ({ output: outputNamed(name) }));
const device = (n: number): Device => ({
  id: `d${n}`,
  type: "probe",
  info: `probe "${n}"\n`,
  plugin: "p",
  handler: "h",
  link: n < 3 ? "a" : "b",
  tags: [],
  context: { row: String(n) },
  outputs: outputs.slice(0, n % 4),
  actions: [],
  sortIndex: 0,
  writeTimeout: 1,
});

/** The same JSON, made anew from what the store says. */
function made(devices: readonly Device[], store: ReadingStore): unknown[] {
  return devices.flatMap((one) =>
    store.latest(one.id).map((reading, i) => ({
      device: one.id,
      timestamp: new Date(reading.at).toISOString(),
      type: one.outputs[i]?.output.type,
      device_type: one.type,
      device_info: one.info,
      unit: one.outputs[i]?.output.unit ?? null,
      value: reading.quality === "bad" ? null : reading.value,
      context: {
        ...one.context,
        ...reading.context,
        ...(reading.quality === "good"
          ? {}
          : { quality: reading.quality, reason: reading.reason.code, reason_text: reading.reason.text }),
      },
    })),
  );
}

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string(),
  fc.boolean(),
);
const step = fc.oneof(
  fc.record({
    kind: fc.constant("publish" as const),
    device: fc.nat({ max: 6 }),
    output: fc.nat({ max: 2 }),
    quality: fc.constantFrom("good", "uncertain", "bad"),
    value,
    context: fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 2, noNullPrototype: true }), {
      nil: undefined,
    }),
  }),
  fc.constant({ kind: "come and go" as const }),
  fc.constant({ kind: "read" as const }),
);

test("JSON kept ready is what would be made anew, whatever happens between two reads", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new TestClock();
      const store = new ReadingStore({ clock });
      const registry = new Registry();
      const json = new ReadingJson(registry, store);
      const add = (devices: readonly Device[]): void => {
        registry.add(devices);
        for (const one of devices) store.declare(one);
      };
      const all = Array.from({ length: 7 }, (_, n) => device(n));
      const late = all.filter(({ link }) => link === "b");
      add(all);
      let present = true;
      const check = (): void => {
        const read = json.ofSelection("", () => registry.all());
        assert.deepEqual(JSON.parse(read.toString()), JSON.parse(toJson(made(registry.all(), store))));
        for (const one of registry.all()) {
          assert.deepEqual(JSON.parse(json.ofDevice(one).text), JSON.parse(toJson(made([one], store))));
        }
      };
      for (const one of steps) {
        if (one.kind === "read") check();
        else if (one.kind === "come and go") {
          if (present) {
            registry.remove("b");
            for (const gone of late) store.forget(gone);
          } else add(late);
          present = !present;
        } else {
          const { output } = outputs[one.output]!;
          const common = { id: { device: `d${one.device}`, output: output.name }, at: clock.now() };
          const context = one.context === undefined ? {} : { context: one.context };
          const reason = { code: "NO_ANSWER", text: "why" } as const;
          const reading: Reading =
            one.quality === "good"
              ? { ...common, ...context, quality: "good", value: one.value }
              : one.quality === "bad"
                ? { ...common, ...context, quality: "bad", reason }
                : { ...common, ...context, quality: "uncertain", value: one.value, reason };
          store.publish([reading]);
        }
      }
      check();
    }),
    { numRuns: 200 },
  );
});

/** The value of one reading as it is sent, for an output of JSON text or of any text. */
function sent(value: Value, embedded: boolean): string {
  const clock = new TestClock();
  const registry = new Registry();
  const store = new ReadingStore({ clock });
  const json = new ReadingJson(registry, store);
  const output = {
    name: "json",
    type: "json",
    precision: 0,
    ...(embedded ? { embedded: true as const } : {}),
  };
  const one: Device = { ...device(0), outputs: [{ output }] };
  registry.add([one]);
  store.declare(one);
  store.publish([{ id: { device: one.id, output: "json" }, at: clock.now(), quality: "good", value }]);
  const { text } = json.ofDevice(one);
  assert.equal(text, `[${json.ofReading(store.latest(one.id)[0] ?? assert.fail()) ?? ""}]`);
  assert.doesNotMatch(text, /[\r\n]/);
  JSON.parse(text);
  return text.slice(text.indexOf('"value":') + 8, text.lastIndexOf(',"context"'));
}

test("JSON text is embedded where its output says so, exactly and on one line; what is none stays text", () => {
  assert.equal(sent('{"a":\n [18446744073709551615, 1.0]}\r\n', true), '{"a":  [18446744073709551615, 1.0]}');
  assert.equal(sent("[]", true), "[]");
  for (const text of ['{"a":', "12", "true", '"a"', "null", "", "[1]x", "[1,]", "\uFEFF[]", "\u00A0{}"]) {
    assert.equal(sent(text, true), JSON.stringify(text), text);
  }
  assert.equal(sent('{"a":1}', false), '"{\\"a\\":1}"');
  assert.equal(sent(5n, true), "5");
  fc.assert(
    fc.property(fc.object(), fc.nat({ max: 4 }), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      assert.deepEqual(JSON.parse(sent(text, true)), JSON.parse(text));
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => assert.equal(typeof sent(text, true), "string")));
});
