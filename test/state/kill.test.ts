import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../devices/clock.ts";
import type { KeeperStatus } from "../../devices/keeper.ts";
import { until } from "../support/until.ts";

const childFile = fileURLToPath(new URL("child.ts", import.meta.url));
const fans = 4;
const timeout = 900_000;

interface Status {
  readonly id: string;
  readonly status: string;
  readonly message: string;
  readonly device: string;
}
interface Slot {
  readonly slot: number;
  readonly value: number;
  readonly who: string;
  readonly why: string;
  readonly since: string;
}
type Arrays = readonly { readonly entries: readonly Slot[]; readonly holding: string }[];

/** A running site; `said` is what it wrote to its log. */
class Child {
  readonly url: string;
  readonly said: () => string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, url: string, said: () => string) {
    this.#process = process;
    this.url = url;
    this.said = said;
  }

  static async start(t: TestContext, folder: string, before: readonly string[] = []): Promise<Child> {
    const command = [process.execPath, "--import", "tsx", childFile, folder, String(fans)];
    const [program = "", ...args] = [...before, ...command];
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim()));
      child.once("exit", (code) => reject(new Error(`the site ended with ${String(code)}: ${said}`)));
    });
    return new Child(child, url, () => said);
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill(signal);
    await ended;
  }

  async ask(path: string, method = "GET", body?: unknown): Promise<{ code: number; body: unknown }> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { code: answer.status, body: await answer.json() };
  }

  arrays = async (fan: number): Promise<Arrays> =>
    (await this.ask(`/api/devices/fan-${fan}/writes`)).body as Arrays;
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bothy-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const stateOf = async (site: Child): Promise<KeeperStatus> =>
  ((await site.ask("/api/site")).body as { state: KeeperStatus }).state;

/** Numbers that look random and are the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What a client was told. */
interface Told {
  /** Transactions whose acceptance was answered. */
  readonly accepted: Set<string>;
  /** And whose end was. */
  readonly ended: Map<string, string>;
  /** By fan: the last value of the plan's slot that was answered, and the last that was asked for. */
  readonly answered: Map<number, number>;
  readonly asked: Map<number, number>;
}

/** Writes as fast as answers come, in as many ways as there are, until the site is gone. */
async function write(
  site: Child,
  told: Told,
  round: number,
  random: (below: number) => number,
  enough: () => void,
) {
  let count = 0;
  const client = async (number: number): Promise<void> => {
    const fan = number % fans;
    for (let i = 0; ; i++) {
      const transaction = `r${round}-c${number}-${i}`;
      const item = { action: "speed", data: String(random(101)), transaction };
      if (number < fans) {
        const value = (told.asked.get(fan) ?? 0) + 1;
        told.asked.set(fan, value);
        const body = { value: value % 101, slot: 10, why: `value ${value}` };
        const made = await site.ask(`/api/devices/fan-${fan}/writes/speed`, "PUT", body);
        told.answered.set(fan, value);
        told.accepted.add((made.body as Status).id);
      } else if (random(3) === 0) {
        const wrong = { ...item, data: "fast" };
        await site.ask(`/v3/write/fan-${fan}`, "POST", random(5) === 0 ? wrong : item);
        told.accepted.add(transaction);
      } else if (random(2) === 0) {
        const { body } = await site.ask(`/v3/write/wait/fan-${fan}`, "POST", item);
        for (const one of body as readonly Status[]) told.ended.set(one.id, one.status);
      } else {
        await site.ask(`/v3/write/fan-${fan}`, "POST", [item]);
        told.accepted.add(transaction);
        const { id, status } = (await site.ask(`/v3/transaction/${transaction}`)).body as Status;
        if (status === "DONE" || status === "ERROR") told.ended.set(id, status);
      }
      if (++count >= 30 + round * 40) enough();
    }
  };
  await Promise.allSettled(Array.from({ length: fans * 3 }, (_, i) => client(i)));
}

async function check(site: Child, told: Told): Promise<void> {
  const one = async (id: string): Promise<void> => {
    const { code, body } = await site.ask(`/v3/transaction/${encodeURIComponent(id)}`);
    const { status, message } = body as Status;
    assert.equal(code, 200, id);
    assert.ok(["DONE", "ERROR"].includes(status), `${id} is ${status}`);
    assert.equal(status, told.ended.get(id) ?? status, `${id}: ${message}`);
  };
  await Promise.all([...new Set([...told.accepted, ...told.ended.keys()])].map(one));
  for (const [fan, value] of told.answered) {
    const [array] = await site.arrays(fan);
    const entry = array?.entries.find(({ slot }) => slot === 10);
    const kept = Number(/^value (\d+)$/.exec(entry?.why ?? "")?.[1]);
    assert.ok(kept >= value && kept <= (told.asked.get(fan) ?? 0), `fan ${fan}: ${kept}, answered ${value}`);
    assert.equal(entry?.value, kept % 101);
  }
}

test("a site that is killed at any moment loses nothing it has answered", { timeout }, async (t) => {
  const seed = Number(process.env["SEED"] ?? Math.round(systemClock.now()) % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  const random = randomFrom(seed);
  const folder = temporary(t);
  const told: Told = { accepted: new Set(), ended: new Map(), answered: new Map(), asked: new Map() };
  let interrupted = 0;
  // On a busy machine all may have been done before the signal arrives: then once more.
  for (let round = 0; round < 3 || (interrupted === 0 && round < 12); round++) {
    const site = await Child.start(t, folder);
    await check(site, told);
    interrupted += /writes were under way when the program ended/.test(site.said()) ? 1 : 0;
    assert.doesNotMatch(site.said(), /damaged|make no sense/);
    const enough = new Promise<void>((resolve) => {
      void write(site, told, round, random, resolve);
    });
    await enough;
    await site.end("SIGKILL");
  }
  const site = await Child.start(t, folder);
  await check(site, told);
  assert.ok(told.accepted.size > 100 && told.ended.size > 20, "there was something to lose");
  assert.ok(interrupted > 0, "and some of it was under way");
  // Hardware that lost its power is told what is in force.
  for (let fan = 0; fan < fans; fan++) {
    for (;;) {
      const [array] = await site.arrays(fan);
      if (array?.holding !== "held") continue;
      const [shown] = (await site.ask(`/v3/read/fan-${fan}`)).body as readonly { value: number }[];
      assert.equal(shown?.value, array.entries[0]?.value);
      break;
    }
  }
  await site.end("SIGKILL");
});

test(
  "a site that is stopped keeps everything, and its folder can be used at once",
  { timeout },
  async (t) => {
    const folder = temporary(t);
    const first = await Child.start(t, folder);
    const item = { action: "speed", data: "70", transaction: "mine" };
    await first.ask("/v3/write/wait/fan-1", "POST", item);
    await first.ask("/api/devices/fan-2/writes/speed", "PUT", { value: 30, slot: 15, why: "night" });
    const before = await first.arrays(2);
    assert.deepEqual(await stateOf(first), { kept: true, folder });
    await first.end("SIGTERM");
    const second = await Child.start(t, folder);
    const body = (await second.ask("/v3/transaction/mine")).body as Status;
    assert.deepEqual([body.status, body.message], ["DONE", "read back 70 %"]);
    assert.equal(body.device, "fan-1", "as it was asked");
    assert.deepEqual((await second.arrays(2))[0]?.entries, before[0]?.entries);
    const again = await second.ask("/v3/write/fan-1", "POST", item);
    assert.notEqual(again.code, 200, "its id is taken");
    assert.equal(second.said(), "");
    await second.ask("/api/devices/fan-2/writes/speed?slot=15", "DELETE");
    await second.end("SIGKILL");
    const third = await Child.start(t, folder);
    assert.deepEqual((await third.arrays(2))[0]?.entries, [], "what was given up stays so");
    await third.end("SIGTERM");
  },
);

test(
  "on a disk that is full writes go on; the log and GET /api/site say that nothing is kept",
  { timeout },
  async (t) => {
    const folder = temporary(t);
    // No file may become longer than this: what the program appends to fails from there on, as on a full disk.
    const limited = ["bash", "-c", 'ulimit -f 48; exec "$@"', "bash"];
    const site = await Child.start(t, folder, limited);
    const long = "x".repeat(900);
    const kept = async (): Promise<boolean> => (await stateOf(site)).kept;
    for (let i = 0; await kept(); i++) {
      assert.ok(i < 1000, "the limit was reached");
      const body = [{ action: "speed", data: String(i % 100), transaction: `${i}-${long}` }];
      assert.equal((await site.ask(`/v3/write/fan-${i % fans}`, "POST", body)).code, 200);
    }
    const told = /what happens now is lost when the program ends: the state folder cannot be written/;
    await until(() => told.test(site.said()), "the log says it too");
    const item = { action: "speed", data: "77" };
    const [last] = (await site.ask("/v3/write/wait/fan-3", "POST", item)).body as readonly Status[];
    assert.equal(last?.status, "DONE");
    await site.end("SIGKILL");
  },
);
