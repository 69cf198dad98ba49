import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceSummary, TransactionStatus } from "../../../client/index.ts";
import type { Server } from "../client.ts";
import { transactionFields } from "./transactions.ts";
import { interruptedLines } from "./why.ts";

const id = "2af1c7e0-0000-5000-8000-000000000001";
const at = Date.parse("2026-03-01T12:00:00Z");
const status = (rest: Partial<TransactionStatus>): TransactionStatus => ({
  ...{
    id: "t1",
    device: id,
    created: "2026-03-01T11:58:00Z",
    updated: "2026-03-01T11:59:00Z",
    timeout: "30s",
  },
  ...{
    status: "ERROR",
    message: "server-1-power state: it went wrong",
    context: { action: "state", data: "off" },
  },
  ...rest,
});
const interrupted = status({
  message: "server-1-power state: the program ended while the write was under way; read the device",
  context: { action: "state", data: "off", reason: "INTERRUPTED" },
});

const shown = (one: TransactionStatus, people: boolean): Record<string, string> =>
  Object.fromEntries(
    transactionFields(() => at).map(({ name, text }) => [
      name,
      text({ name: "server-1-power", status: one }, people),
    ]),
  );

test("a write that was interrupted is told from one that failed, to people", () => {
  const people = shown(interrupted, true);
  assert.equal(people["STATUS"], "INTERRUPTED");
  assert.equal(
    people["MESSAGE"],
    "the server ended meanwhile: it may have been done or not; read server-1-power",
  );
  const programs = shown(interrupted, false);
  assert.deepEqual([programs["STATUS"], programs["MESSAGE"]], ["ERROR", interrupted.message]);
  assert.deepEqual(
    [shown(status({}), true)["STATUS"], shown(status({}), true)["MESSAGE"]],
    ["ERROR", "it went wrong"],
  );
});

test("why names the writes of a device that were interrupted, and no others", async () => {
  const all = [interrupted, status({ id: "t2" }), { ...interrupted, id: "t3", device: "other" }];
  const client = {
    transactions: () => Promise.resolve(all.map((one) => one.id)),
    transaction: (wanted: string) => Promise.resolve(all.find((one) => one.id === wanted)),
  } as unknown as Server["client"];
  const device = { id, alias: "server-1-power" } as DeviceSummary;
  const lines = (action?: string) => interruptedLines({ client, now: () => at }, [device], action);
  assert.deepEqual(await lines(), [
    "server-1-power state off, asked for 2 min ago: interrupted 60 s ago, when the server ended; it may have been done or not",
  ]);
  assert.deepEqual(await lines("cycle"), []);
});
