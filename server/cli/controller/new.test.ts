import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { homeIn, scratch } from "../../../test/support/program.ts";
import { typeRootsOf } from "./new.ts";

const main = fileURLToPath(new URL("../../main.ts", import.meta.url));

/** Runs `bothy controller …` in a folder. */
function controllerIn(folder: string, ...args: readonly string[]) {
  // A test that runs in a test would answer to that one instead of printing.
  const env = { ...process.env, ...homeIn(folder), NODE_TEST_CONTEXT: undefined };
  const options = { cwd: folder, env, encoding: "utf8" } as const;
  const command = ["--import", import.meta.resolve("tsx"), main, "controller", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options);
  return { status, out: stdout, err: stderr };
}

test("a controller of one's own is written with its test; what is there already stays", (t) => {
  const folder = scratch(t);
  assert.equal(controllerIn(folder, "new", "my-fan").status, 0);
  const written = ["my-fan.test.ts", "my-fan.ts", "tsconfig.json"];
  assert.deepEqual(readdirSync(join(folder, "controllers")).sort(), written);
  writeFileSync(join(folder, "controllers", "my-fan.ts"), "mine");
  const again = controllerIn(folder, "new", "my-fan");
  assert.deepEqual([again.status, again.err], [2, "bothy: controllers/my-fan.ts is there already\n"]);
  assert.equal(readFileSync(join(folder, "controllers", "my-fan.ts"), "utf8"), "mine");
});

test("an editor finds the types of what was built, or of the sources", (t) => {
  const folder = scratch(t);
  assert.equal(controllerIn(folder, "new", "my-fan").status, 0);
  const text = readFileSync(join(folder, "controllers", "tsconfig.json"), "utf8");
  const { paths } = (JSON.parse(text) as { compilerOptions: { paths: Record<string, string[]> } })
    .compilerOptions;
  assert.deepEqual(Object.keys(paths), ["bothy/controllers", "bothy/testing"]);
  for (const places of Object.values(paths))
    assert.ok(
      places.some((place) => existsSync(resolve(folder, "controllers", place))),
      places.join(", "),
    );
});

test("what cannot be written is said with what the disk says", (t) => {
  const folder = scratch(t);
  for (const name of ["", "../x"])
    assert.match(controllerIn(folder, "new", "--", name).err, /is no name: use letters/, name);
  assert.match(
    controllerIn(folder, "new", "a".repeat(300)).err,
    /^bothy: nothing can be written here: ENAMETOO/,
  );
  const other = scratch(t);
  writeFileSync(join(other, "controllers"), "a file");
  assert.match(controllerIn(other, "new", "x").err, /^bothy: nothing can be written here: EEXIST/);
});

test("a test is meant by its file or its controller's name; what cannot be read is told with its place", (t) => {
  const folder = scratch(t);
  const none = controllerIn(folder, "test", "my-fan");
  assert.deepEqual([none.status, none.err], [2, "bothy: there is no test my-fan; there are: none\n"]);
  mkdirSync(join(folder, "controllers"));
  const file = join("controllers", "my-fan.test.js");
  writeFileSync(join(folder, file), 'import { test } from "node:test";\ntest("it runs", () => {});\n');
  for (const word of ["my-fan", file]) {
    const run = controllerIn(folder, "test", word);
    assert.equal(run.status, 0, run.err);
    assert.match(run.out, /it runs/);
  }
  assert.match(controllerIn(folder, "test", "my-fna").err, /there are: controllers\/my-fan\.test\.js/);
  writeFileSync(join(folder, file), "export default {{\n");
  assert.match(controllerIn(folder, "test").err, /^bothy: controllers\/my-fan\.test\.js:1:17: Expected/);
});

test("types of Node are found below the package and beside it", (t) => {
  const folder = scratch(t);
  const [root, beside] = [join(folder, "node_modules", "bothy"), join(folder, "node_modules", "@types")];
  mkdirSync(join(beside, "node"), { recursive: true });
  assert.deepEqual(typeRootsOf(root), [beside]);
  const below = join(root, "node_modules", "@types");
  mkdirSync(join(below, "node"), { recursive: true });
  assert.deepEqual(typeRootsOf(root), [below, beside]);
});
