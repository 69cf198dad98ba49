import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ClassicLevel } from "classic-level";
import fc from "fast-check";
import { systemClock as clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { run } from "../../server/cli/program.ts";
import { seal } from "../../server/state/record.ts";
import { openState, type State } from "../../server/state/state.ts";
import { until } from "../support/until.ts";

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const said: string[] = [];
const hear = (_: object, text: string): void => void said.push(text);
const open = (folder: string): Promise<State> => {
  said.length = 0;
  return openState(folder, { clock, log: { ...silentLog, warn: hear, error: hear } });
};

const valueOf = (i: number): object => ({ i, text: `record ${i} `.repeat(20) });
const mostRecords = 60;

/** A store with records in its tables and in its journal. */
async function filled(folder: string): Promise<void> {
  for (const [from, to] of [
    [0, 30],
    [30, mostRecords],
  ] as const) {
    const state = await open(folder);
    for (let i = from; i < to; i++) {
      state.put("transaction", String(i), valueOf(i), "now");
      await state.flushed();
    }
    await state.close();
  }
}

/** What is found is what was kept, or nothing; never something else. @returns how much was found */
function checkRecords(state: State): number {
  const found = state.load("transaction");
  for (const [key, value] of found) assert.deepEqual(value, valueOf(Number(key)));
  return found.size;
}

const files = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(folder, "store"))
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, "store", name));

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
}

const wholeStoreGone: Readonly<Record<string, (folder: string) => void>> = {
  "a list of files that is garbage": (folder) => {
    for (const file of files(folder, /^MANIFEST/)) writeFileSync(file, "garbage\n");
  },
  "a list of files that is cut short": (folder) => {
    for (const file of files(folder, /^MANIFEST/)) truncateSync(file, 5);
  },
  "a list of files that is missing": (folder) => {
    for (const file of files(folder, /^MANIFEST/)) rmSync(file);
  },
  "a pointer to it that is garbage": (folder) => writeFileSync(join(folder, "store", "CURRENT"), "garbage"),
  "a pointer to it that is empty": (folder) => truncateSync(join(folder, "store", "CURRENT"), 0),
  "a pointer to it that names nothing": (folder) => writeFileSync(join(folder, "store", "CURRENT"), "\n"),
  "a pointer to it that is missing": (folder) => rmSync(join(folder, "store", "CURRENT")),
  "a table that is missing": (folder) => {
    for (const file of files(folder, /\.ldb$/)) rmSync(file);
  },
  "a table that is cut short": (folder) => {
    for (const file of files(folder, /\.ldb$/)) truncateSync(file, 100);
  },
};

for (const [what, damage] of Object.entries(wholeStoreGone)) {
  test(`a store with ${what} is set aside, and said; the site starts, and keeps things again`, async (t) => {
    const folder = temporary(t);
    await filled(folder);
    damage(folder);
    const state = await open(folder);
    assert.equal(checkRecords(state), 0);
    assert.match(said[0] ?? "", /damaged and cannot be read; it was set aside/);
    const { kept, lost = "" } = state.status();
    assert.equal(kept, true);
    const [aside = ""] = readdirSync(folder).filter((name) => name.startsWith("store.damaged-"));
    assert.ok(aside !== "" && lost.includes(aside), lost);
    assert.ok(readdirSync(join(folder, aside)).length > 0, "somebody can look at it");
    state.put("transaction", "1", valueOf(1));
    await state.close();
    const again = await open(folder);
    assert.equal(checkRecords(again), 1);
    assert.deepEqual(again.status(), { kept: true, folder });
    await again.close();
  });
}

test("a store of a newer version is set aside, and said; that version finds all of it again", async (t) => {
  const folder = temporary(t);
  await filled(folder);
  const store = new ClassicLevel<string, string>(join(folder, "store"));
  const mark = await store.get("format");
  await store.put("format", seal("format", "2"));
  await store.close();
  const state = await open(folder);
  assert.equal(checkRecords(state), 0);
  assert.match(said[0] ?? "", /of a newer version of this program; it was set aside.*renamed to `store`$/);
  const { kept, lost = "" } = state.status();
  assert.equal(kept, true);
  assert.match(lost, /its records have the format 2, and this program knows 1/);
  const [aside = ""] = readdirSync(folder).filter((name) => name.startsWith("store.newer-"));
  state.put("transaction", "1", valueOf(1));
  await state.close();
  const again = await open(folder);
  assert.deepEqual([checkRecords(again), again.status()], [1, { kept: true, folder }]);
  await again.close();

  rmSync(join(folder, "store"), { recursive: true });
  renameSync(join(folder, aside), join(folder, "store"));
  const newer = new ClassicLevel<string, string>(join(folder, "store"));
  assert.equal((await newer.keys().all()).length, mostRecords + 1, "nothing of it was touched");
  await newer.put("format", mark ?? "");
  await newer.close();
  const whole = await open(folder);
  assert.equal(checkRecords(whole), mostRecords);
  await whole.close();
});

test("a store of a program from before formats were noted is taken as it is", async (t) => {
  const folder = temporary(t);
  await filled(folder);
  const store = new ClassicLevel<string, string>(join(folder, "store"));
  await store.del("format");
  await store.close();
  const state = await open(folder);
  assert.deepEqual([checkRecords(state), said], [mostRecords, []]);
  await state.close();
});

test("a journal with a damaged place, or without any, loses what was there, which is said", async (t) => {
  const folder = temporary(t);
  await filled(folder);
  const [journal = ""] = files(folder, /\.log$/);
  flip(journal, Math.floor(statSync(journal).size / 2));
  const damaged = await open(folder);
  const left = checkRecords(damaged);
  assert.ok(left >= 30 && left < mostRecords, String(left));
  assert.match(damaged.status().lost ?? "", /^\d+ bytes of the journal/);
  assert.match(said[0] ?? "", /what was kept is damaged/);
  await damaged.close();
  for (const file of files(folder, /\.log$/)) rmSync(file);
  const missing = await open(folder);
  checkRecords(missing);
  assert.match(missing.status().lost ?? "", /the journal, which is missing/);
  await missing.close();
});

test("whatever byte of a store is changed, wherever it is cut: it is opened, and nothing in it is another value", async (t) => {
  const original = temporary(t);
  await filled(original);
  const names = readdirSync(join(original, "store"));
  const contents = new Map(names.map((name) => [name, readFileSync(join(original, "store", name))]));
  const damage = fc.record({
    name: fc.constantFrom(...names.filter((name) => !/^(LOCK|LOG)/.test(name))),
    place: fc.nat({ max: 0xffff }),
    how: fc.constantFrom("flip" as const, "cut" as const, "zero" as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
      try {
        mkdirSync(join(folder, "store"));
        for (const [name, bytes] of contents) writeFileSync(join(folder, "store", name), bytes);
        for (const { name, place, how } of damages) {
          const file = join(folder, "store", name);
          const { size } = statSync(file);
          const at = size === 0 ? 0 : place % size;
          if (how === "cut") truncateSync(file, at);
          else if (how === "flip") flip(file, at);
          else writeFileSync(file, readFileSync(file).fill(0, at, Math.min(at + 64, size)));
        }
        const damaged = await open(folder);
        checkRecords(damaged);
        assert.equal(damaged.status().kept, true);
        damaged.put("transaction", "0", valueOf(0));
        await damaged.close();
        const again = await open(folder);
        assert.deepEqual(again.load("transaction").get("0"), valueOf(0));
        checkRecords(again);
        await again.close();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});

test("a folder that is missing is made for its owner only; one that others may look into is said to be", async (t) => {
  const folder = join(temporary(t), "a", "b");
  const made = await open(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(said.length, 0);
  await made.close();
  const open755 = temporary(t);
  rmSync(open755, { recursive: true });
  mkdirSync(open755);
  chmodSync(open755, 0o755);
  const seen = await open(open755);
  assert.match(said[0] ?? "", /others may look into the state folder: chmod 700/);
  await seen.close();
});

test("a folder that cannot be had is said, and the site starts without it; once it can be had it is used", async (t) => {
  const place = join(temporary(t), "disk");
  writeFileSync(place, "in the way");
  const folder = join(place, "state");
  const state = await open(folder);
  assert.match(state.status().fault ?? "", /ENOTDIR|not a directory/);
  assert.equal(state.status().kept, false);
  assert.match(said[0] ?? "", /the state folder cannot be written; free space or check its rights/);
  state.put("transaction", "1", valueOf(1));
  await state.flushed();
  rmSync(place);
  await until(() => state.status().kept, "the folder is used");
  await state.close();
  const again = await open(folder);
  assert.equal(checkRecords(again), 1);
  await again.close();
});

test("two programs on one folder: the second says what to do, and leaves the first alone", async (t) => {
  const folder = temporary(t);
  const first = await open(folder);
  first.put("transaction", "1", valueOf(1));
  await assert.rejects(
    open(folder),
    (error: unknown) =>
      error instanceof BothyError &&
      error.code === "BAD_CONFIG" &&
      /another program uses it.+stop that one first, or give this one a folder of its own/.test(
        error.message,
      ),
  );
  const file = join(folder, "site.yaml");
  writeFileSync(
    file,
    `site: { id: x }\nhttp: { port: 0 }\nstate: { folder: ${folder} }\nbuses:\n  a: { transport: tcp, host: 127.0.0.1 }\n`,
  );
  const written = t.mock.method(process.stderr, "write", () => true);
  const code = await run(["site", "--config", file]);
  const err = written.mock.calls.map((call) => String(call.arguments[0])).join("");
  written.mock.restore();
  assert.equal(code, 2);
  assert.match(err, /the state folder .+: another program uses it/);
  first.put("transaction", "2", valueOf(2));
  await first.close();
  const again = await open(folder);
  assert.equal(checkRecords(again), 2);
  await again.close();
});
