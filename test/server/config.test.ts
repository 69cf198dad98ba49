import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { durationPattern } from "../../devices/duration.ts";
import type { Fault, LinkConfig, LinkPlan, Plugin } from "../../devices/plugin.ts";
import { frameSchema } from "../../server/config-schema.ts";
import { faultText, loadConfig, readConfig, siteSchema } from "../../server/config.ts";

interface Unit {
  readonly unit: number;
  readonly alias?: string;
}

/** A plugin that plans one device per unit and minds only that unit ids differ. */
const plugin: Plugin<object, Unit, object> = {
  name: "modbus",
  meta: { maintainer: "m", name: "n", description: "", vcs: "", version: "1" },
  schema: {
    link: Type.Object(
      {
        transport: Type.Enum(["serial", "tcp"]),
        path: Type.Optional(Type.String()),
        port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
        baudRate: Type.Optional(Type.Integer({ minimum: 300, default: 9600 })),
        timeout: Type.Optional(Type.String({ pattern: durationPattern, description: "How long." })),
      },
      { additionalProperties: false },
    ),
    device: Type.Object(
      {
        unit: Type.Integer({ minimum: 1, maximum: 247, description: "The unit's number." }),
        alias: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
    product: Type.Object({
      shape: Type.Union([
        Type.Object({ kind: Type.Literal("round"), radius: Type.Number() }, { additionalProperties: false }),
        Type.Object({ kind: Type.Literal("square"), side: Type.Number() }, { additionalProperties: false }),
      ]),
    }),
  },
  plan: (config: LinkConfig<object, Unit, object>): LinkPlan => {
    const faults: Fault[] = [];
    const seen = new Set<number>();
    for (const { path, config: unit } of config.devices) {
      if (seen.has(unit.unit))
        faults.push({ path: [...path, "unit"], message: "is taken", remedy: "take another" });
      seen.add(unit.unit);
    }
    return {
      name: config.name,
      devices: config.devices.map(({ config: unit }) => ({
        id: `${config.name}-${unit.unit}`,
        ...(unit.alias === undefined ? {} : { alias: unit.alias }),
        type: "t",
        info: "",
        plugin: "p",
        handler: "h",
        link: config.name,
        tags: [],
        context: {},
        outputs: [],
        actions: [],
        sortIndex: 0,
        writeTimeout: 1,
      })),
      faults,
      open: () => Promise.reject(new Error("a plan is not opened by the loader")),
    };
  },
};
const plugins = [plugin];
const read = (text: string, env: Record<string, string> = {}) => readConfig(text, "site.yaml", plugins, env);
const told = (text: string, env: Record<string, string> = {}): string[] =>
  read(text, env).faults.map(faultText);

const good = `
site: { id: hut-17, name: "Hut 17", tags: ["site/hut-17"] }
http: { port: 5001 }
buses:
  a: { transport: serial, path: /dev/ttyUSB0 }
  b: { plugin: modbus, transport: tcp, port: 502 }
devices:
  - { bus: a, unit: 1, alias: one }
  - { bus: a, unit: 2 }
  - { bus: b, unit: 1 }
products: []
`;

test("a good file gives a configuration with defaults, and a plan per bus", () => {
  const { config, plans, faults } = read(good);
  assert.deepEqual(faults.map(faultText), []);
  assert.deepEqual(config?.http, { host: "127.0.0.1", port: 5001 });
  assert.equal(config.log.level, "info");
  assert.deepEqual(config.buses["a"], {
    plugin: "modbus",
    settings: { transport: "serial", path: "/dev/ttyUSB0" },
  });
  assert.deepEqual(
    plans.map((plan) => [plan.name, plan.devices.length]),
    [
      ["a", 2],
      ["b", 1],
    ],
  );
});

test("every fault is told at once, by line, with its place and what to do", () => {
  const text = `site: { name: x }
buses:
  a: { transport: serail, path: /dev/x, baudrate: 9600 }
  b: { transport: tcp, timeout: 200 }
  c: { plugin: modbsu, transport: tcp }
devices:
  - { bus: a, unit: 300 }
  - { bus: bb, unit: 1 }
extra: 1
`;
  assert.deepEqual(told(text), [
    "site.yaml:1:1  site  `id` is missing  add `id: …` (Short name of this site, the same for ever)",
    "site.yaml:3:19  buses.a.transport  `serail` is not known here  write `serial`; known: serial, tcp",
    "site.yaml:3:41  buses.a.baudrate  unknown key `baudrate`  write `baudRate`",
    "site.yaml:4:33  buses.b.timeout  `200` is not text  write a duration with its unit, e.g. `200ms`, `2s`, `5m`",
    "site.yaml:5:16  buses.c.plugin  there is no plugin `modbsu`  write `modbus`",
    "site.yaml:7:21  devices[0].unit  `300` is too large: <= 247 is required  The unit's number",
    "site.yaml:8:12  devices[1].bus  there is no bus `bb`  write `b`",
    `site.yaml:9:1  extra  unknown key \`extra\`  remove it; known here: ${Object.keys(frameSchema.properties).join(", ")}`,
  ]);
});

test("a fault does not hide those of the rest, nor bring others with it", () => {
  const text = good
    .replace("path: /dev/ttyUSB0", "path: /dev/ttyUSB0, baudrate: 9600")
    .replace("unit: 2", "unit: 1, alais: two");
  assert.deepEqual(told(text), [
    "site.yaml:5:47  buses.a.baudrate  unknown key `baudrate`  write `baudRate`",
    "site.yaml:9:21  devices[1].unit  is taken  take another",
    "site.yaml:9:24  devices[1].alais  unknown key `alais`  write `alias`",
  ]);
  // A bus nothing can be made of: its devices are still looked at, each for itself.
  assert.deepEqual(told(good.replace("transport: serial, ", "").replace("unit: 2", "unit: 900")), [
    "site.yaml:5:3  buses.a  `transport` is missing  add `transport: …`",
    "site.yaml:9:21  devices[1].unit  `900` is too large: <= 247 is required  The unit's number",
  ]);
});

test("a variable that is not set is one fault, not two", () => {
  assert.deepEqual(told(good.replace("502", '"${TCP}"')), [
    "site.yaml:6:46  buses.b.port  the environment variable TCP is not set  set it, or write `${TCP:-default}`",
  ]);
});

test("a file that stops being YAML is told once, where it does", () => {
  for (const text of [good.replace('"Hut 17"', '"Hut 17'), good.replace("/dev/ttyUSB0", "${LINE}")]) {
    assert.equal(told(text).length, 1, told(text).join("\n"));
  }
  assert.match(told(good.replace('"Hut 17"', '"Hut 17')).join(), /quote or bracket that is not closed/);
  assert.equal(told("a: 1\na: 2\nb: 1\nb: 2\n").length, 2);
});

test("one port carries one bus", () => {
  const twice = good.replace("transport: tcp, port: 502", "transport: serial, path: /dev/ttyUSB0");
  assert.match(told(twice).join("\n"), /^site\.yaml:6:\d+ {2}buses\.b\.path {2}.*also the port of bus `a`/);
});

test("faults name what stands there, and no terminal obeys it", () => {
  const remedyOf = (text: string): string => told(text).join("\n");
  assert.match(
    remedyOf(good.replace("unit: 2", 'unit: "2"')),
    /"2" in quotes is text.*take the quotes away$/,
  );
  assert.match(remedyOf(good.replace("products: []", "products:")), /products {2}it has no value/);
  assert.match(remedyOf("site: { id: a }\nbuses: {}\n"), /buses {2}a group of keys is empty/);
  // An abbreviation ends no sentence.
  assert.match(remedyOf(`metrics: { synseNames: x }\n${good}`), /synseNames {2}.*e\.g\. `synse_http/);
  assert.match(remedyOf(good.replace("hut-17", "hut 17")), /letters, digits, `\.`, `_` and `-`$/m);
  const escape = "\u001b[2J\u202e";
  const shown = remedyOf(good.replace("transport: tcp", 'transport: "\\e[2J\\u202e"'));
  assert.match(shown, /\\u001b\[2J/);
  for (const c of escape.replace("[2J", "")) assert.ok(!shown.includes(c));
});

test("what the plugin finds is placed where it stands in the file", () => {
  assert.deepEqual(told(good.replace("unit: 2", "unit: 1")), [
    "site.yaml:9:21  devices[1].unit  is taken  take another",
  ]);
});

test("an alias used on two buses is a fault at the second", () => {
  assert.deepEqual(told(good.replace("{ bus: b, unit: 1 }", "{ bus: b, unit: 1, alias: one }")), [
    "site.yaml:10:31  devices[2].alias  `one` is also the alias of devices[0]  give one of the two another alias",
  ]);
});

test("an alias used twice on one bus is a fault at the second, whether or not the plugin looks", () => {
  assert.deepEqual(told(good.replace("{ bus: a, unit: 2 }", "{ bus: a, unit: 2, alias: one }")), [
    "site.yaml:9:31  devices[1].alias  `one` is also the alias of devices[0]  give one of the two another alias",
  ]);
});

test("a product for a plugin that knows none is a fault", () => {
  const { link, device } = plugin.schema;
  const without = [{ ...plugin, schema: { link, device } }];
  const { faults } = readConfig(good.replace("products: []", "products: [{}]"), "site.yaml", without, {});
  assert.deepEqual(faults.map(faultText), [
    "site.yaml:11:12  products[0]  the plugin modbus knows no products  remove it",
  ]);
  const schema = siteSchema(without) as { properties: { products: { items: object } } };
  assert.deepEqual(schema.properties.products.items, { not: {} });
});

test("of a choice, only the branch that was meant speaks", () => {
  const product = (shape: string): string[] =>
    told(`${good.replace("products: []", "")}products: [{ shape: ${shape} }]`);
  assert.match(product("{ kind: round, radius: x }").join("\n"), /radius {2}`x` is not a number/);
  assert.equal(product("{ kind: round, radius: x }").length, 1);
  assert.match(
    product("{ kind: squar, side: 1 }").join("\n"),
    /kind {2}`squar` is not known here {2}write `square`/,
  );
  assert.match(product("{ kind: square, sied: 1 }").join("\n"), /unknown key `sied` {2}write `side`/);
  assert.match(product("5").join("\n"), /shape {2}`5` is not what is expected here/);
});

test("faults of the YAML itself have a line and a remedy", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "site: { id: a }\nsite: { id: b }\n",
      /^site\.yaml:2:1 {2}`site` is written twice {2}keep one of the two$/,
    ],
    ["site:\n\tid: a\n", /^site\.yaml:2:1 .*[Tt]ab.*indent with spaces/m],
    ["site: &a [*a]\n", /^site\.yaml:1:11 {2}site\[0\] {2}`\*a` contains itself/m],
    ["site: *nothing\n", /^site\.yaml:1:7 /m],
    ["a: 1\n---\nb: 2\n", /^site\.yaml:2:1 .*remove the `---`/m],
    ["site: { id: 'a\n", /^site\.yaml:\d+:\d+ /m],
    ["? [1, 2]\n: 3\n", /a key is not plain text/],
    ["__proto__: { id: 1 }\n", /this key cannot be used/],
    ["", /^site\.yaml:1:1 {2}says nothing {2}describe the site/],
    ["# only a remark\n", /^site\.yaml:1:1 {2}says nothing/],
    ["just words\n", /not a group of keys/],
    [`a: ${"[".repeat(20_000)}`, /nested|^site\.yaml/],
    [`a: ${"[".repeat(5000)}${"]".repeat(5000)}`, /is nested too deeply {2}write it with fewer levels$/],
  ];
  for (const [text, expected] of cases) assert.match(told(text).join("\n"), expected, text.slice(0, 40));
});

test("aliases can share values, but not make a short file enormous", () => {
  const shared = good.replace(
    "  b: { plugin: modbus, transport: tcp, port: 502 }",
    "  z: &base { transport: tcp, port: 502 }\n  b: { <<: *base, port: 503 }",
  );
  const { config } = read(shared);
  assert.deepEqual(config?.buses["b"]?.settings, { transport: "tcp", port: 503 });
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `l${i}: &l${i} [${Array(10)
        .fill(i === 0 ? "1" : `*l${i - 1}`)
        .join(",")}]`,
  );
  assert.ok(told(levels.join("\n")).some((fault) => fault.includes("too many values")));
});

test("the environment fills in text, with defaults, types and faults", () => {
  const text = good
    .replace("/dev/ttyUSB0", '"${LINE_A}"')
    .replace("{ plugin: modbus, transport: tcp, port: 502 }", "\n    transport: tcp\n    port: ${TCP:-1502}");
  const { config } = read(text, { LINE_A: "/dev/pts/3" });
  assert.deepEqual(config?.buses["a"]?.settings, { transport: "serial", path: "/dev/pts/3" });
  assert.deepEqual(config.buses["b"]?.settings, { transport: "tcp", port: 1502 });
  assert.deepEqual(told(text), [
    "site.yaml:5:33  buses.a.path  the environment variable LINE_A is not set  set it, or write `${LINE_A:-default}`",
  ]);
  assert.equal(read(good.replace('"Hut 17"', () => '"costs $${5}"')).config?.site.name, "costs ${5}");
  assert.match(told(good.replace("/dev/ttyUSB0", "${LINE_A}")).join(), /put `\$\{…\}` in quotes/);
  assert.match(told(good.replace('"Hut 17"', '"${1x}"')).join(), /names no variable/);
  assert.equal(read(good.replace('"Hut 17"', '"${N}"'), { N: "17" }).config?.site.name, "17");
});

test("a file that cannot be read is a fault, not a crash", () => {
  const { faults } = loadConfig("/nonexistent/site.yaml", plugins, {});
  assert.match(faults.map(faultText).join(), /^\/nonexistent\/site\.yaml:1:1 {2}cannot be read/);
});

test("what is no text, or far too much of it, is a fault at once", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "site.yaml");
  const faults = (bytes: Buffer | string): string => {
    writeFileSync(file, bytes);
    return loadConfig(file, plugins, {}).faults.map(faultText).join("\n").replaceAll(file, "F");
  };
  assert.equal(faults(good), "");
  assert.equal(faults(`\uFEFF${good}`), "");
  assert.match(faults(Buffer.from(good, "utf16le")), /^F:2:1 {2}is no text in UTF-8 {2}save it as UTF-8/);
  const latin = Buffer.from(good.replace("Hut", "H\u00fctte"), "latin1");
  assert.match(faults(latin), /^F:2:29 {2}is no text in UTF-8/);
  assert.match(faults(`${good}${"#".repeat(3_000_000)}`), /^F:1:1 {2}is larger than 2097152 bytes/);
  assert.equal(faults(good.replace("Hut", "\uFFFD")), "");
});

test("the JSON Schema has the plugin's own keys and the frame's", () => {
  const schema = siteSchema(plugins) as unknown as {
    properties: {
      buses: { additionalProperties: { properties: Record<string, unknown> } };
      devices: { items: { properties: Record<string, unknown>; required: string[] } };
    };
  };
  assert.deepEqual(Object.keys(schema.properties.buses.additionalProperties.properties).slice(0, 3), [
    "plugin",
    "transport",
    "path",
  ]);
  assert.deepEqual(schema.properties.devices.items.required, ["bus", "unit"]);
});

test("whatever is done to a file, the loader answers with plans or with faults that have a place", () => {
  const edit = fc.record({
    at: fc.nat({ max: good.length }),
    remove: fc.nat({ max: 12 }),
    insert: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        "{",
        "}",
        "[",
        "]",
        "\t",
        "\n",
        ": ",
        "- ",
        "&a ",
        "*a",
        "<<: ",
        "'",
        '"',
        "${X}",
        "${",
        "null",
        "-1",
        "1e999",
        "!!binary ",
        "%",
        "? ",
      ),
    ),
  });
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      let text = good;
      for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove);
      const result = read(text);
      assert.equal(result.config === undefined, result.faults.length > 0);
      for (const fault of result.faults) {
        assert.ok(fault.line >= 1 && fault.column >= 1 && fault.message !== "" && fault.remedy !== "");
      }
    }),
    { numRuns: 400 },
  );
});

test("whatever values stand in a file, the loader answers", () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 5 }),
      fc.constantFrom("site", "http", "buses", "devices", "products"),
      (json, key) => {
        const result = read(`${key}: ${json}\n`);
        assert.equal(result.config, undefined);
        assert.ok(result.faults.every((fault) => fault.line >= 1));
      },
    ),
    { numRuns: 300 },
  );
});
