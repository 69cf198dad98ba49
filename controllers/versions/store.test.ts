import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { minutes, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { TestClock } from "../../test/support/test-clock.ts";
import type { Bundle } from "../runtime/source.ts";
import { sealed, unsealed } from "./files.ts";
import { VersionStore } from "./store.ts";

const by = { who: "night-shift", why: "hotter than it should be" };
const bundle = (text: string): Bundle => ({
  kind: "bundle",
  file: "mine.ts",
  text,
  hash: `hash-of-${text}`,
  map: "{}",
});

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-versions-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const open = (folder: string | undefined, clock = new TestClock()): VersionStore =>
  new VersionStore({ clock, log: silentLog, folder });

test("a text is a version by what it says; it and what is in force outlast the program", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const store = open(folder, clock);
  assert.equal(store.inForce("fans"), undefined);
  const first = store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by);
  await clock.advance(seconds(1));
  assert.deepEqual(store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by), first);
  const second = store.add("fans", bundle("b"), { name: "mine", version: "1.1.0" }, by);
  store.put("fans", "swapped", { id: first.id, configured: "fan-zone@1.0.0", by });
  store.put("fans", "swapped", { id: second.id, configured: "fan-zone@1.0.0", by });
  const again = open(folder, clock);
  assert.deepEqual(
    again.list("fans").map(({ version }) => version),
    ["1.1.0", "1.0.0"],
  );
  assert.equal(again.bundle("fans", first.id).text, "a");
  assert.equal(again.inForce("fans")?.id, second.id);
  assert.deepEqual(
    again.history("fans").map(({ what, id, from }) => [what, id, from]),
    [
      ["swapped", second.id, first.id],
      ["swapped", first.id, undefined],
      ["added", second.id, undefined],
      ["added", first.id, undefined],
    ],
  );
  assert.deepEqual(again.list("dx"), []);
  assert.throws(
    () => again.bundle("fans", "other"),
    (error) => error instanceof BothyError && error.code === "NOT_FOUND",
  );
});

test("what is said of the version in force can change without its being another", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  store.amend("fans", (before) => ({ ...before, starts: 1 }));
  assert.equal(store.inForce("fans"), undefined);
  store.put("fans", "swapped", { id: "b", configured: "a", by, probation: { until: 9, previous: "a" } });
  store.amend("fans", ({ probation: _over, ...rest }) => ({ ...rest, starts: 2 }));
  const { id, starts, probation } = open(folder).inForce("fans") ?? {};
  assert.deepEqual({ id, starts, probation }, { id: "b", starts: 2, probation: undefined });
  assert.equal(open(folder).history("fans").length, 1);
});

test("damage is told from what was written, and costs what it hit", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by);
  store.put("fans", "swapped", { id: "hash-of-a", configured: "x@1.0.0", by });
  const damage = (name: string): void => {
    const file = join(folder, "fans", name);
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.slice(0, text.length - 20));
  };
  damage("history.jsonl");
  damage("in-force.json");
  const again = open(folder);
  assert.equal(again.inForce("fans"), undefined);
  assert.deepEqual(
    again.history("fans").map(({ what }) => what),
    ["added"],
  );
  again.put("fans", "configured", { id: "x@1.0.0", configured: "x@1.0.0", by });
  again.tell("fans", { what: "refused", id: "y", by });
  assert.equal(open(folder).inForce("fans")?.id, "x@1.0.0");
  assert.deepEqual(
    open(folder)
      .history("fans")
      .map(({ what }) => what),
    ["refused", "configured", "added"],
  );
  damage("texts/hash-of-a.json");
  assert.deepEqual(open(folder).list("fans"), []);
});

test("what another version of the program kept is not taken for what it is not, and is set aside", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by);
  store.put("fans", "swapped", { id: "hash-of-a", configured: "x@1.0.0", by });
  const file = (name: string): string => join(folder, "fans", name);
  const read = (name: string) => unsealed(readFileSync(file(name), "utf8")) as object;
  const inForce = read("in-force.json");
  const text = read("texts/hash-of-a.json");
  const entry = { at: 7, what: "merged", id: "hash-of-a", by };
  const said: string[] = [];
  const hear = (_: object, what: string): void => void said.push(what);
  const log = { ...silentLog, warn: hear, error: hear };
  const reopened = () => new VersionStore({ clock: new TestClock(), log, folder });

  writeFileSync(file("in-force.json"), sealed({ ...inForce, later: 1 }));
  writeFileSync(file("texts/hash-of-a.json"), sealed({ ...text, later: 2 }));
  writeFileSync(file("history.jsonl"), sealed({ ...entry, later: 3 }));
  const same = reopened();
  assert.deepEqual(
    [same.inForce("fans")?.id, same.list("fans").length, same.history("fans").map(({ what }) => what), said],
    ["hash-of-a", 1, ["merged"], []],
  );

  const others: readonly object[] = [
    ["hash-of-a"],
    { version: 2, inForce },
    { ...inForce, by: "ann" },
    { ...inForce, probation: { until: "noon", previous: "x@1.0.0" } },
    { ...inForce, untold: { id: "back", severity: "dire", text: "back" } },
  ];
  for (const other of others) {
    said.length = 0;
    rmSync(file("in-force.json.unread"), { force: true });
    writeFileSync(file("in-force.json"), sealed(other));
    assert.equal(reopened().inForce("fans"), undefined, JSON.stringify(other));
    assert.match(
      said.join(),
      /^fans: which version was in force cannot be read; .*the record was set aside$/,
    );
    assert.deepEqual(read("in-force.json.unread"), other);
  }
  writeFileSync(file("texts/hash-of-a.json"), sealed({ ...text, bundle: "a" }));
  writeFileSync(file("history.jsonl"), sealed({ ...entry, at: "noon" }) + sealed(entry) + sealed([entry]));
  said.length = 0;
  const again = reopened();
  assert.deepEqual([again.list("fans"), again.history("fans").length], [[], 1]);
  assert.deepEqual(said, ["a kept version is damaged", "lines of the history of versions are damaged"]);
});

test("what cannot be read is told; what was never kept is not", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  store.put("fans", "swapped", { id: "b", configured: "a", by });
  const told: string[] = [];
  const say = (_fields: object, text: string): void => void told.push(text);
  const log = { ...silentLog, warn: say, error: say };
  const reopened = (): VersionStore => new VersionStore({ clock: new TestClock(), log, folder });
  const again = reopened();
  assert.deepEqual([again.list("fans"), again.list("dx"), again.history("dx")], [[], [], []]);
  assert.deepEqual(told, []);
  writeFileSync(join(folder, "fans", "texts"), "in the way");
  assert.deepEqual(reopened().list("fans"), []);
  assert.deepEqual(told.splice(0), ["kept versions of a controller cannot be listed"]);
  writeFileSync(join(folder, "fans", "history.jsonl"), "torn");
  assert.deepEqual(reopened().history("fans"), []);
  assert.deepEqual(told.splice(0), ["lines of the history of versions are damaged"]);
  rmSync(join(folder, "fans", "in-force.json"));
  mkdirSync(join(folder, "fans", "in-force.json"));
  const last = reopened();
  for (let i = 0; i < 3; i++) assert.equal(last.inForce("fans"), undefined, "and told once");
  assert.deepEqual(told, ["what was kept of a controller's versions cannot be read"]);
});

test("a record with a changed byte is none", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.integer({ min: 1, max: 127 }), (value, at, flip) => {
      const line = sealed(value);
      assert.deepEqual(unsealed(line), JSON.parse(JSON.stringify(value)));
      const bytes = Buffer.from(line);
      const place = at % (bytes.length - 1);
      bytes[place] = (bytes[place] ?? 0) ^ flip;
      assert.equal(unsealed(bytes.toString("utf8")), undefined);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => assert.equal(unsealed(text), undefined)));
});

/** Has the next file of a name be written to a disk that is full. */
function fillUp(folder: string, name: string): void {
  const file = join(folder, "fans", name);
  rmSync(file, { force: true });
  symlinkSync("/dev/full", file);
}

test("a disk that is full refuses a version, says which folder it is and what to do, and has changed nothing", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by);
  fillUp(folder, "texts/hash-of-b.json.new");
  assert.throws(
    () => store.add("fans", bundle("b"), { name: "mine", version: "1.1.0" }, by),
    (error) =>
      error instanceof BothyError &&
      error.code === "NOT_KEPT" &&
      error.message ===
        `a version of fans cannot be kept in ${folder}/fans/texts: its disk is full: ENOSPC: no space left on device, write; free space there`,
  );
  assert.deepEqual(readdirSync(join(folder, "fans", "texts")), ["hash-of-a.json"]);
  assert.deepEqual(
    [store, open(folder)].map((one) => [one.list("fans").length, one.history("fans").length]),
    [
      [1, 1],
      [1, 1],
    ],
  );
  store.add("fans", bundle("b"), { name: "mine", version: "1.1.0" }, by);
  assert.equal(open(folder).list("fans").length, 2);
});

test("what is in force although the disk was full is on it as soon as there is room", async (t) => {
  const folder = folderFor(t);
  const clock = new TestClock();
  const said: string[] = [];
  const hear = (_: object, text: string): void => void said.push(text);
  const store = new VersionStore({ clock, log: { ...silentLog, info: hear, error: hear }, folder });
  store.put("fans", "configured", { id: "a", configured: "a", by });
  fillUp(folder, "in-force.json.new");
  fillUp(folder, "history.jsonl");
  const fault = store.put("fans", "swapped", { id: "b", configured: "a", by });
  assert.match(fault ?? "", /cannot be kept in .*fans: its disk is full: ENOSPC/);
  assert.deepEqual([store.inForce("fans")?.id, store.unkept("fans")], ["b", fault]);
  assert.equal(open(folder).inForce("fans")?.id, "a", "what a restart would have");
  fillUp(folder, "in-force.json.new");
  await clock.advance(minutes(1));
  assert.equal(store.unkept("fans"), fault, "still full");
  store.tell("fans", { what: "refused", id: "c", by });
  await clock.advance(minutes(1));
  assert.equal(store.unkept("fans"), undefined);
  assert.equal(clock.waiting, 0);
  const again = open(folder);
  assert.equal(again.inForce("fans")?.id, "b");
  assert.deepEqual(
    again.history("fans").map(({ what }) => what),
    ["refused", "swapped", "configured"],
  );
  assert.deepEqual(
    said.map((text) => text.replace(/^fans: /, "").replace(/: .*/s, "")),
    [
      "which version is in force is lost when the program ends",
      "the history of versions is lost when the program ends",
      "the history of versions is on disk after all",
      "which version is in force is on disk after all",
    ],
  );
});

test("a program that ends writes once more what the disk had no room for", (t) => {
  const folder = folderFor(t);
  const store = open(folder);
  mkdirSync(join(folder, "fans"));
  fillUp(folder, "in-force.json.new");
  assert.notEqual(store.put("fans", "swapped", { id: "b", configured: "a", by }), undefined);
  store.close();
  store.close();
  assert.equal(open(folder).inForce("fans")?.id, "b");
});

test("a folder that cannot be had refuses a version; what is in force lasts as long as the program", (t) => {
  const folder = join(folderFor(t), "in-the-way");
  writeFileSync(folder, "");
  const store = open(folder);
  assert.throws(
    () => store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by),
    /cannot be kept in .*in-the-way.fans.texts: something that is no folder is in its place: ENOTDIR.*; move it away/,
  );
  assert.notEqual(store.put("fans", "swapped", { id: "a", configured: "b", by }), undefined);
  assert.equal(store.inForce("fans")?.id, "a");
  assert.deepEqual(store.list("fans"), []);
  assert.equal(open(folder).inForce("fans"), undefined);
});

test("without a folder versions last as long as the program", () => {
  const store = open(undefined);
  store.add("fans", bundle("a"), { name: "mine", version: "1.0.0" }, by);
  store.put("fans", "swapped", { id: "hash-of-a", configured: "x", by });
  assert.equal(store.inForce("fans")?.id, "hash-of-a");
});

test("versions that are not needed any more go, the oldest first", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const store = open(folder, clock);
  for (let i = 0; i < 80; i++) {
    store.add("fans", bundle(String(i)), { name: "mine", version: `1.0.${i}` }, by);
    if (i === 0) store.put("fans", "swapped", { id: "hash-of-0", configured: "x", by });
    await clock.advance(seconds(1));
  }
  const kept = open(folder, clock)
    .list("fans")
    .map(({ version }) => version);
  assert.equal(kept.length, 50);
  assert.ok(kept.includes("1.0.0") && kept.includes("1.0.79") && !kept.includes("1.0.1"));
});

test("a version that cannot be removed is told of, and the one that was added is there", async (t) => {
  const clock = new TestClock();
  const folder = folderFor(t);
  const told: string[] = [];
  const log = { ...silentLog, warn: (_fields: object, text: string) => void told.push(text) };
  const store = new VersionStore({ clock, log, folder });
  const add = (i: number) => store.add("fans", bundle(String(i)), { name: "mine", version: `1.0.${i}` }, by);
  for (let i = 0; i < 50; i++) {
    add(i);
    await clock.advance(seconds(1));
  }
  // Entries of the history keep the versions they name: these name none that is to go.
  for (let i = 0; i < 20; i++) store.tell("fans", { what: "refused", id: "x", by });
  const oldest = join(folder, "fans", "texts", "hash-of-0.json");
  rmSync(oldest);
  mkdirSync(oldest);
  assert.equal(add(50).id, "hash-of-50");
  assert.deepEqual(told, ["a version that is not needed any more cannot be removed"]);
});

test("a history that has grown for years is shortened to what is told of", (t) => {
  const folder = folderFor(t);
  const file = join(folder, "fans", "history.jsonl");
  mkdirSync(join(folder, "fans"));
  const line = (i: number): string => sealed({ at: i, what: "swapped", id: `v-${i}`, by });
  writeFileSync(file, Array.from({ length: 1500 }, (_, i) => line(i)).join(""));
  const store = open(folder);
  assert.deepEqual([store.history("fans").length, store.history("fans")[0]?.id], [500, "v-1499"]);
  store.tell("fans", { what: "added", id: "next", by });
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((one) => one !== "");
  assert.equal(lines.length, 501);
  assert.deepEqual(open(folder).history("fans").length, 500);
});
