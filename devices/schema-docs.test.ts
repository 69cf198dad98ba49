import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { Type } from "typebox";
import { durationPattern } from "./duration.ts";
import { optionTable, optionTables, withTables } from "./schema-docs.ts";

test("one row for each option, nested ones with dots", () => {
  const schema = Type.Object({
    unit: Type.Integer({ title: "Unit id", minimum: 1, maximum: 247 }),
    poll: Type.Optional(
      Type.Object({
        fast: Type.Optional(
          Type.String({ pattern: durationPattern, default: "2s", description: "How | often." }),
        ),
      }),
    ),
    tags: Type.Optional(Type.Array(Type.String())),
    context: Type.Optional(Type.Record(Type.String(), Type.String())),
    points: Type.Optional(Type.Array(Type.Object({ table: Type.Enum(["coil", "input"]) }))),
  });
  assert.equal(
    optionTable(schema),
    [
      "| option | type | default | meaning |",
      "|---|---|---|---|",
      "| `unit` | whole number 1..247 | required | Unit id. |",
      "| `poll` | object |  |  |",
      "| `poll.fast` | duration | `2s` | How \\| often. |",
      "| `tags` | list of text |  |  |",
      "| `context` | map |  |  |",
      "| `points` | list of object |  |  |",
      "| `points[].table` | `coil`, `input` | required |  |",
    ].join("\n"),
  );
});

test("no description can break the table", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (description, def) => {
      const table = optionTable(Type.Object({ a: Type.String({ description, default: def }) }));
      const [, , row, ...rest] = table.split("\n");
      assert.deepEqual(rest, []);
      assert.equal(row?.replaceAll("\\\\", "").replaceAll("\\|", "").split("|").length, 6);
    }),
  );
});

test("tables stand between their markers; what has no table stays", () => {
  const page = "a\n<!-- options:link -->\nold\n<!-- /options -->\nb\n<!-- other -->\nkept\n<!-- /other -->\n";
  const schema = Type.Object({ host: Type.String({ description: "Who." }) });
  const tables = optionTables({ link: schema, device: schema });
  assert.deepEqual(Object.keys(tables), ["options:link", "options:device"]);
  const made = withTables(page, tables);
  assert.match(made, /^a\n<!-- options:link -->\n\| option [^]*`host`[^]*\n<!-- \/options -->\nb\n/);
  assert.match(made, /<!-- other -->\nkept\n<!-- \/other -->\n$/);
  assert.equal(withTables(made, tables), made);
});
