import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { BothyError } from "../../devices/errors.ts";
import { silentLog } from "../../devices/plugin.ts";
import { Audit, type AuditDeps } from "../../server/audit/audit.ts";
import type { AuditEntry } from "../../server/audit/entry.ts";
import { FileStore } from "../../server/audit/file-store.ts";
import { bearer, guardedSite, temporaryFolder } from "../support/guarded-site.ts";
import { TestClock } from "../support/test-clock.ts";

const clock = new TestClock();
const deps = (folder: string, rest: Partial<AuditDeps> = {}): AuditDeps => ({
  clock,
  log: silentLog,
  registry: { get: () => undefined },
  folder,
  ...rest,
});

async function all(audit: Audit): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for await (const entry of audit.query({ limit: 100_000 })) found.push(entry);
  return found;
}

test("every write is in the log: who, how, from where, what, why, and what became of it", async (t) => {
  const { http, token, site, folder } = await guardedSite(t);
  const operator = token("operator", ["rack:r1"], "night-shift");
  const admin = bearer(token("admin", undefined, "boss"));
  const send = (url: string, payload: object) =>
    http.inject({ method: "POST", url, payload, headers: { ...bearer(operator), "x-request-id": "call-7" } });
  assert.equal((await send("/v3/write/wait/fan-near", { action: "speed", data: "70" })).statusCode, 200);
  assert.equal((await send("/v3/write/wait/fan-near", { action: "speed", data: "700" })).statusCode, 200);
  assert.equal((await send("/v3/write/faroff-fan", { action: "speed", data: "7" })).statusCode, 404);
  assert.equal((await http.inject({ url: "/api/audit", headers: bearer(operator) })).statusCode, 403);
  const url = "/api/devices/fan-near/writes/speed?slot=8&why=over";
  assert.equal((await http.inject({ method: "DELETE", url, headers: bearer(operator) })).statusCode, 200);
  const answer = await http.inject({ url: "/api/audit?who=night-shift&limit=50", headers: admin });
  const entries = answer
    .json<AuditEntry[]>()
    .filter(({ what }) => what !== "token")
    .reverse();
  assert.deepEqual(
    entries.map(({ what, result, code, value, via }) => [what, result, code, value, via]),
    [
      ["write", "accepted", undefined, "70", "token"],
      ["write", "done", undefined, "70", "token"],
      ["write", "refused", "OUT_OF_RANGE", "700", "token"],
      ["request", "refused", "NOT_FOUND", undefined, "token"],
      ["request", "refused", "FORBIDDEN", undefined, "token"],
      ["relinquish", "done", undefined, undefined, "token"],
    ],
  );
  const [first] = entries;
  assert.deepEqual(
    [first?.who, first?.from, first?.alias, first?.action, first?.slot, first?.why, first?.request],
    ["token night-shift", "127.0.0.1", "fan-near", "speed", 8, "Synse write", "call-7"],
  );
  assert.equal(entries[4]?.route, "GET /api/audit");
  const lines = await http.inject({
    url: "/api/audit?format=ndjson&device=fan-near&limit=2",
    headers: admin,
  });
  assert.equal(lines.body.trim().split("\n").length, 2);
  const page = await http.inject({ url: `/api/audit?before=${entries[1]?.n ?? 0}&limit=1`, headers: admin });
  assert.deepEqual(page.json<AuditEntry[]>()[0]?.n, entries[0]?.n);
  for (const wrong of ["since=yesterday", "limit=x", "before=-1"])
    assert.equal((await http.inject({ url: `/api/audit?${wrong}`, headers: admin })).statusCode, 400);
  assert.ok(site.audit.status().kept);
  const [file = ""] = readdirSync(join(folder, "audit"));
  assert.equal(statSync(join(folder, "audit", file)).mode & 0o077, 0);
  assert.ok(
    !readFileSync(join(folder, "audit", file), "utf8").includes(operator),
    "no token is written down",
  );
});

test("what was acknowledged is there after the program was killed", async (t) => {
  const folder = temporaryFolder(t);
  const program = fileURLToPath(new URL("audit-writer.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", program, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let acknowledged = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line);
    if (acknowledged === 500) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const audit = new Audit(deps(folder));
  t.after(() => audit.close());
  const kept = new Set((await all(audit)).map(({ transaction }) => Number(transaction)));
  for (let n = 1; n <= acknowledged; n++) assert.ok(kept.has(n), `entry ${n} of ${acknowledged}`);
});

test("files are bounded, the oldest go first, and numbers go on after a restart and a torn line", async (t) => {
  const folder = temporaryFolder(t);
  const limits = { clock, log: silentLog, mostBytes: 40_000, fileBytes: 10_000 };
  const entry = (n: number): AuditEntry => ({
    n,
    at: "",
    who: "x".repeat(100),
    what: "write",
    result: "done",
  });
  const store = new FileStore(folder, limits);
  for (let n = 1; n <= 2000; n++) store.append(entry(n));
  store.close();
  const files = readdirSync(folder).sort();
  const total = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  assert.ok(files.length > 1 && total <= 40_000, `${files.length} files, ${total} bytes`);
  appendFileSync(join(folder, files.at(-1) ?? ""), '{"n":2001,"at":"20');
  const again = new FileStore(folder, limits);
  assert.equal(again.next, 2001);
  again.append(entry(2001));
  const numbers: number[] = [];
  for await (const { n } of again.backwards(Infinity)) numbers.push(n);
  again.close();
  assert.deepEqual(numbers.slice(0, 3), [2001, 2000, 1999]);
  numbers.forEach((n, i) => assert.equal(n, 2001 - i));
});

test("a flood of refusals fills neither the disk nor the log: kinds are counted", async (t) => {
  const folder = temporaryFolder(t);
  const audit = new Audit(deps(folder));
  t.after(() => audit.close());
  const refuse = (from: string): void =>
    audit.refused(
      { who: from, from, what: "request" },
      new BothyError("UNAUTHENTICATED", { source: from, fault: "x" }),
    );
  for (let n = 0; n < 10_000; n++) refuse(n % 2 === 0 ? "10.0.0.1" : `10.1.${n % 256}.${n % 250}`);
  assert.ok((await all(audit)).length <= 100);
  await clock.advance(61_000);
  const entries = await all(audit);
  assert.ok(entries.length <= 110, String(entries.length));
  assert.equal(
    entries.reduce((sum, { count = 1 }) => sum + count, 0),
    10_000,
  );
});

test("a disk that takes nothing stops no write, is said, and is caught up with", async (t) => {
  const folder = temporaryFolder(t);
  // Root may write everywhere, so a file stands where the folder should be.
  const place = join(folder, "audit");
  writeFileSync(place, "");
  const audit = new Audit(deps(folder));
  t.after(() => audit.close());
  audit.record({ who: "x", what: "write", result: "accepted" });
  assert.equal(audit.status().kept, false);
  assert.match(audit.status().fault ?? "", /EEXIST|ENOTDIR/);
  for (let n = 0; n < 1500; n++) audit.record({ who: "x", what: "write", result: "done" });
  assert.equal(audit.status().lost, 501);
  rmSync(place);
  mkdirSync(place);
  chmodSync(place, 0o700);
  await clock.advance(6000);
  assert.equal(audit.status().kept, true);
  assert.equal((await all(audit)).length, 1000);
});
