import assert from "node:assert/strict";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isMissing, readIfThere, syncFolder, writeWhole } from "./files.ts";

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-files-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("all bytes are written, and read again", (t) => {
  const path = join(folderOf(t), "some.txt");
  const text = "å".repeat(300_000);
  const descriptor = openSync(path, "w");
  writeWhole(descriptor, Buffer.from(text));
  closeSync(descriptor);
  assert.equal(readFileSync(path, "utf8"), text);
  assert.equal(readIfThere(path), text);
});

test("a file that is not there is no text; what cannot be read is an error", (t) => {
  const folder = folderOf(t);
  assert.equal(readIfThere(join(folder, "none")), undefined);
  assert.equal(readIfThere(join(folder, "no", "folder")), undefined);
  mkdirSync(join(folder, "folder"));
  assert.throws(() => readIfThere(join(folder, "folder")), { code: "EISDIR" });
});

test("a folder is synced, a missing one is said to be missing", (t) => {
  const folder = folderOf(t);
  syncFolder(folder);
  assert.throws(() => syncFolder(join(folder, "none")), isMissing);
  assert.equal(isMissing(new Error("ENOENT")), false);
  assert.equal(isMissing("ENOENT"), false);
});
