// What every plugin folder holds, besides code that keeps the contract.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { Plugin } from "../../devices/plugin.ts";
import { optionTables, withTables } from "../../devices/schema-docs.ts";
import { thermometer } from "../../examples/plugin-thermometer/index.ts";
import { plugins } from "../../plugins/index.ts";
import { faultText, readConfig } from "../../server/config.ts";

const root = new URL("../../", import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), "utf8");

const folders: readonly (readonly [folder: string, plugin: Plugin])[] = [
  ...[...plugins.values()].map((plugin) => [`plugins/${plugin.name}`, plugin] as const),
  ["examples/plugin-thermometer", thermometer],
];

for (const [folder, plugin] of folders) {
  test(`${folder}: the sample has no fault and uses the plugin`, () => {
    const { config, plans, faults } = readConfig(text(`${folder}/sample.yaml`), "sample.yaml", [plugin], {});
    assert.deepEqual(faults.map(faultText), []);
    assert.ok(Object.values(config?.buses ?? {}).every((bus) => bus.plugin === plugin.name));
    assert.ok(plugin.remote === true || plans.every(({ devices }) => devices.length > 0));
  });

  test(`${folder}: the README shows every option, as the schemas say`, () => {
    const readme = text(`${folder}/README.md`);
    const tables = optionTables(plugin.schema);
    for (const name of Object.keys(tables)) assert.ok(readme.includes(`<!-- ${name} -->`), name);
    assert.equal(withTables(readme, tables), readme);
    for (const table of Object.values(tables))
      assert.doesNotMatch(table, /\| +\|$/m, "an option without a meaning");
  });

  test(`${folder}: it is called like its folder and held to the contract`, () => {
    assert.ok(folder.endsWith(plugin.name));
    // A plugin that is the same everywhere is called what it is called elsewhere.
    if (plugin.meta.everywhere !== true) assert.equal(plugin.meta.name, plugin.name);
    assert.ok(existsSync(new URL(`test/contract/${plugin.name}.test.ts`, root)));
  });
}
