// What the client does between packets: on the test clock, without wires.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { priority } from "../../devices/plugin.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import type { IpmiRequest } from "../../plugins/ipmi/contract.ts";
import { type BmcClient, type BmcOptions, type BmcState, openBmc } from "../../plugins/ipmi/lan/index.ts";
import { MockBmc, mockNetwork } from "../support/mock-bmc.ts";
import { TestClock } from "../support/test-clock.ts";

interface Bench {
  readonly clock: TestClock;
  readonly bmc: MockBmc;
  readonly other: MockBmc;
  readonly names: Record<string, string>;
  readonly client: BmcClient;
  readonly states: BmcState["kind"][];
  /** Asks for an echo of `n`. */
  readonly ask: (n: number, more?: Partial<IpmiRequest>) => Promise<number>;
  /** Lets time pass until the promise has settled. @throws when it never does */
  readonly settled: <T>(promise: Promise<T>, most?: number) => Promise<T>;
}

function bench(options: Partial<BmcOptions> = {}, seed = 1): Bench {
  const clock = new TestClock();
  const bmc = new MockBmc(clock);
  const other = new MockBmc(clock);
  const names: Record<string, string> = { bmc: "192.0.2.1" };
  const socket = mockNetwork(clock, { "192.0.2.1": bmc, "192.0.2.2": other }, names);
  let state = seed;
  const random = (size: number): Buffer =>
    Buffer.from(
      Array.from({ length: size }, () => (state = (state * 1103515245 + 12345) & 0x7fffffff) >> 16),
    );
  const client = openBmc({
    ...{ host: "bmc", name: "bmc", user: "admin", password: "secret", clock, socket, random },
    ...{ suites: [0], allowUnauthenticated: true, privilege: "administrator", window: 16 },
    ...options,
  });
  const states: BmcState["kind"][] = [];
  client.onState(({ kind }) => states.push(kind));
  const ask = async (n: number, more: Partial<IpmiRequest> = {}): Promise<number> => {
    const data = Buffer.alloc(4);
    data.writeUInt32LE(n);
    return (await client.request({ netFn: 0x30, command: 0x01, data, ...more })).readUInt32LE(0);
  };
  const settled = async <T>(promise: Promise<T>, most = 300_000): Promise<T> => {
    const done: true[] = [];
    const mark = (): number => done.push(true);
    promise.then(mark, mark);
    let step = 0;
    for (let waited = 0; waited <= most; waited += step) {
      await clock.advance(step);
      if (done.length > 0) return promise;
      step = waited < 200 ? 10 : 100;
    }
    throw new Error(`nothing came of it in ${most} ms`);
  };
  return { clock, bmc, other, names, client, states, ask, settled };
}

async function failure(promise: Promise<unknown>): Promise<BothyError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof BothyError, `it was to fail, not to give ${String(thrown)}`);
  return thrown;
}

const counted = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** The packet carries one of our requests, or the answer to it. */
const isEcho = (packet: Buffer): boolean =>
  packet[5] === 0 && (packet[17]! >> 2 === 0x30 || packet[17]! >> 2 === 0x31);

describe("the window", () => {
  test("begins with 1 and grows as far as configured", async () => {
    const { ask, bmc, client, settled } = bench({ window: 6 });
    assert.deepEqual(await settled(Promise.all(counted(100).map((n) => ask(n)))), counted(100));
    assert.equal(client.statistics().window, 6);
    assert.equal(bmc.most, 6);
  });

  test("learns what a BMC tolerates: falls to 1, and does not go that far again", async () => {
    const { ask, bmc, client, settled } = bench();
    bmc.tolerates = 3;
    assert.deepEqual(await settled(Promise.all(counted(200).map((n) => ask(n)))), counted(200));
    assert.equal(client.statistics().windowCeiling, 3);
    assert.equal(client.statistics().timeouts, 1);
    assert.equal(client.statistics().sessionsOpened, 1);
  });

  test("a BMC that takes one at a time gets one at a time", async () => {
    const { ask, bmc, client, settled } = bench();
    bmc.tolerates = 1;
    assert.deepEqual(await settled(Promise.all(counted(50).map((n) => ask(n)))), counted(50));
    assert.equal(client.statistics().window, 1);
    assert.equal(client.statistics().timeouts, 1);
  });

  test("requests keep their distance when told to", async () => {
    const { ask, bmc, clock, settled } = bench({ spacing: 50 });
    const sent: number[] = [];
    bmc.answer = ({ data }) => {
      sent.push(clock.monotonic());
      return { data: Buffer.from(data!) };
    };
    await settled(Promise.all(counted(10).map((n) => ask(n))));
    for (const index of counted(9)) assert.ok(sent[index + 1]! - sent[index]! >= 50);
  });

  test("the urgent go first", async () => {
    const { ask, bmc, settled } = bench({ window: 1 });
    const all = [
      ...counted(3).map((n) => ask(n, { priority: priority.background })),
      ...counted(3).map((n) => ask(10 + n)),
      ask(20, { priority: priority.write }),
    ];
    await settled(Promise.all(all));
    assert.deepEqual(
      bmc.executed.map((hex) => Buffer.from(hex, "hex").readUInt32LE(2)),
      [20, 10, 11, 12, 0, 1, 2],
    );
  });
});

describe("packets that get lost, come twice, or overtake each other", () => {
  test("a lost answer is asked for again: the same request, under a new session number", async () => {
    const { ask, bmc, client, settled } = bench();
    let lost = 0;
    const seen: string[] = [];
    bmc.toBmc = (packet) => {
      if (isEcho(packet)) seen.push(packet.toString("hex"));
      return [1];
    };
    bmc.toClient = (packet) => (isEcho(packet) && lost++ === 0 ? [] : [1]);
    assert.equal(await settled(ask(7)), 7);
    assert.equal(seen.length, 2);
    const message = (hex: string | undefined): string | undefined => hex?.slice(32);
    const number = (hex: string | undefined): string | undefined => hex?.slice(20, 28);
    assert.equal(message(seen[0]), message(seen[1]));
    assert.notEqual(number(seen[0]), number(seen[1]));
    assert.equal(client.statistics().retries, 1);
  });

  test("an answer that comes twice counts once", async () => {
    const { ask, bmc, client, settled } = bench();
    bmc.toClient = (packet) => (isEcho(packet) ? [1, 1, 4] : [1]);
    assert.deepEqual(await settled(Promise.all(counted(40).map((n) => ask(n)))), counted(40));
    assert.ok(client.statistics().dropped.replayed! > 0);
  });

  test("a late answer is never taken for that of a newer request", async () => {
    const { ask, bmc, client, clock, settled } = bench({ window: 1, tries: 4 });
    // The first copy's answer takes 4 s, by which time it was answered otherwise and forgotten.
    let first = true;
    bmc.answer = ({ data }) => {
      const takes = first ? 4000 : 0;
      first = false;
      return { data: Buffer.from(data!), takes };
    };
    assert.equal(await settled(ask(1000)), 1000);
    const numbers: number[] = [];
    for (const n of counted(200)) numbers.push(await settled(ask(n)));
    assert.deepEqual(numbers, counted(200));
    await clock.advance(10_000);
    assert.equal(client.statistics().dropped.unmatched, 1);
  });

  test("whatever the network does, no answer is wrong and nothing unrepeatable is done twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 0x7ffffffe }), async (seed) => {
        const at = bench({ patience: 300_000, tries: 8 }, seed);
        let state = seed;
        const chance = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
        const fate = (): readonly number[] => {
          const luck = chance();
          if (luck < 0.12) return [];
          const delay = 1 + Math.floor(chance() * (luck > 0.8 ? 1500 : 10));
          return luck < 0.25 ? [delay, 1 + Math.floor(chance() * 2000)] : [delay];
        };
        await at.settled(at.client.connect());
        at.bmc.toBmc = fate;
        at.bmc.toClient = fate;
        const reads = Promise.all(counted(60).map((n) => at.ask(n)));
        const writes = Promise.allSettled(
          counted(10).map((n) => at.ask(1000 + n, { command: 0x02, repeatable: false })),
        );
        const reboot = at.clock.at(5000 * chance(), () => at.bmc.reboot());
        assert.deepEqual(await at.settled(reads), counted(60));
        for (const [n, outcome] of (await at.settled(writes)).entries()) {
          if (outcome.status === "fulfilled") assert.equal(outcome.value, 1000 + n);
          else assert.equal((outcome.reason as BothyError).code, "OUTCOME_UNKNOWN");
        }
        reboot();
        await at.settled(at.client.close());
        await at.clock.advance(60_000);
        // The network may carry a packet twice, and this BMC does what it hears twice: not so the client.
        assert.equal(at.clock.waiting, 0);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  test("what must not be done twice is sent once, whatever becomes of it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 0x7ffffffe }), async (seed) => {
        const at = bench({ window: 4 }, seed);
        let state = seed;
        const lost = (): boolean => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff < 0.3;
        const sent = new Map<number, number>();
        at.bmc.toBmc = (packet) => {
          if (isEcho(packet)) {
            const n = packet.readUInt32LE(22);
            sent.set(n, (sent.get(n) ?? 0) + 1);
          }
          return lost() ? [] : [1];
        };
        at.bmc.toClient = () => (lost() ? [] : [1]);
        const outcomes = await at.settled(
          Promise.allSettled(counted(12).map((n) => at.ask(n, { repeatable: false }))),
        );
        for (const times of sent.values()) assert.equal(times, 1);
        for (const [n, outcome] of outcomes.entries()) {
          if (outcome.status === "fulfilled") assert.equal(outcome.value, n);
          else if (sent.has(n)) assert.equal((outcome.reason as BothyError).code, "OUTCOME_UNKNOWN");
          else assert.equal((outcome.reason as BothyError).code, "NO_ANSWER");
        }
        assert.equal(at.bmc.executed.length, new Set(at.bmc.executed).size);
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });
});

describe("what a BMC says instead of an answer", () => {
  test("duplicate (CFh): the answer is waited for", async () => {
    const { ask, bmc, client, settled } = bench();
    bmc.answer = ({ data }, times) =>
      times > 1 ? { completion: 0xcf } : { data: Buffer.from(data!), takes: 1500 };
    assert.equal(await settled(ask(3)), 3);
    assert.equal(bmc.executed.length, 1);
    assert.equal(client.statistics().retries, 1);
  });

  test("duplicate (CFh), and the answer was lost: it is asked as something new", async () => {
    const { ask, bmc, settled } = bench();
    let lost = 0;
    bmc.answer = ({ data }, times) => (times > 1 ? { completion: 0xcf } : { data: Buffer.from(data!) });
    bmc.toClient = (packet) => (isEcho(packet) && packet[22] !== 0xcf && lost++ === 0 ? [] : [1]);
    assert.equal(await settled(ask(3)), 3);
    assert.equal(bmc.executed.length, 2);
  });

  for (const completion of [0xc0, 0xc3, 0xdf]) {
    test(`${completion.toString(16)}h passes: asked again after a pause, but not for ever`, async () => {
      const { ask, bmc, settled } = bench();
      let left = 2;
      bmc.answer = ({ data }) => (left-- > 0 ? { completion } : { data: Buffer.from(data!) });
      assert.equal(await settled(ask(3)), 3);
      bmc.answer = () => ({ completion });
      assert.equal(completionOf(await settled(failure(ask(4)))), completion);
      bmc.executed.length = 0;
      assert.equal(completionOf(await settled(failure(ask(5, { repeatable: false })))), completion);
      assert.equal(bmc.executed.length, 1);
    });
  }

  test("any other refusal is passed on at once", async () => {
    const { ask, bmc, settled } = bench();
    bmc.answer = () => ({ completion: 0xd4 });
    const error = await settled(failure(ask(1)));
    assert.equal(error.code, "REFUSED");
    assert.equal(completionOf(error), 0xd4);
    assert.equal(bmc.executed.length, 1);
  });

  test("silence to one command only costs that one, not the session", async () => {
    const { ask, bmc, client, clock, settled } = bench();
    bmc.answer = ({ command, data }) => (command === 0x66 ? undefined : { data: Buffer.from(data!) });
    const odd = failure(ask(0, { command: 0x66 }));
    for (const n of counted(40)) {
      assert.equal(await settled(ask(n)), n);
      await clock.advance(300);
    }
    assert.equal((await settled(odd)).code, "NO_ANSWER");
    assert.equal(client.statistics().sessionsLost, 0);
  });

  test("a command that makes a BMC fall silent for good is not tried in one session after the other", async () => {
    const { ask, bmc, client, settled } = bench({ patience: 600_000 });
    bmc.answer = () => undefined;
    assert.equal((await settled(failure(ask(1)))).code, "NO_ANSWER");
    assert.ok(client.statistics().sessionsOpened <= 3);
  });
});

describe("sessions that end", () => {
  test("a reboot: what is repeatable survives, what was sent and is not ends as unknown", async () => {
    const { ask, bmc, client, settled, states } = bench({ window: 1 });
    assert.equal(await settled(ask(0)), 0);
    bmc.reboot();
    const sent = failure(ask(1, { repeatable: false }));
    const unsent = ask(2, { repeatable: false });
    const reads = Promise.all(counted(5).map((n) => ask(n)));
    assert.equal((await settled(sent)).code, "OUTCOME_UNKNOWN");
    assert.equal(await settled(unsent), 2);
    assert.deepEqual(await settled(reads), counted(5));
    assert.deepEqual(states, ["connecting", "open", "lost", "connecting", "open"]);
    assert.equal(client.statistics().sessionsLost, 1);
    assert.equal(bmc.executed.filter((hex) => hex === "300101000000").length, 1, "only as one of the reads");
  });

  test("after a few unanswered requests a new session is opened rather than going on", async () => {
    const { ask, bmc, client, settled } = bench({ window: 8 });
    await settled(Promise.all(counted(60).map((n) => ask(n))));
    bmc.reboot();
    let inVain = 0;
    bmc.toBmc = (packet) => {
      if (isEcho(packet) && bmc.sessions === 0) inVain++;
      return [1];
    };
    assert.deepEqual(await settled(Promise.all(counted(60).map((n) => ask(n)))), counted(60));
    assert.ok(inVain <= 16, `${inVain} packets, and the BMC would hear nothing any more`);
    assert.equal(client.statistics().sessionsOpened, 2);
  });

  test("a host that moved is found at its new address", async () => {
    const { ask, bmc, client, names, other, settled } = bench();
    await settled(ask(1));
    bmc.up = false;
    names["bmc"] = "192.0.2.2";
    assert.equal(await settled(ask(2)), 2);
    assert.equal(other.executed.length, 1);
    assert.equal(client.state.kind === "open" && client.state.session.address, "192.0.2.2");
  });

  test("a BMC that stays away: requests end when their patience does, and others find it when it is back", async () => {
    const { ask, bmc, clock, settled } = bench({ patience: 15_000 });
    await settled(ask(1));
    bmc.up = false;
    const began = clock.monotonic();
    assert.equal((await settled(failure(ask(2)))).code, "NO_ANSWER");
    assert.ok(clock.monotonic() - began <= 15_100);
    const waiting = ask(3);
    bmc.reboot();
    bmc.up = true;
    assert.equal(await settled(waiting), 3);
  });

  test("attempts to open one become rarer while nothing answers", async () => {
    const { ask, bmc, client, clock, settled } = bench({ patience: 1000 });
    bmc.up = false;
    const began = clock.monotonic();
    for (let asked = 0; clock.monotonic() - began < 300_000; asked++) await settled(failure(ask(asked)));
    const { sessionsRefused } = client.statistics();
    assert.ok(sessionsRefused >= 5 && sessionsRefused <= 20, `${sessionsRefused} attempts in 5 minutes`);
  });

  test("an idle session is kept alive", async () => {
    const { ask, bmc, client, clock, settled } = bench();
    await settled(ask(1));
    bmc.executed.length = 0;
    await clock.advance(90_000);
    assert.deepEqual(new Set(bmc.executed), new Set(["0601"]));
    assert.equal(client.statistics().keepAlives, 4);
    assert.equal(client.statistics().requests, 1);
  });

  test("no keep-alive where it is switched off, nor while there is traffic", async () => {
    const off = bench({ keepAlive: 0 });
    await off.settled(off.ask(1));
    await off.clock.advance(100_000);
    assert.equal(off.client.statistics().keepAlives, 0);
    const busy = bench();
    for (const n of counted(20)) {
      await busy.settled(busy.ask(n));
      await busy.clock.advance(10_000);
    }
    assert.equal(busy.client.statistics().keepAlives, 0);
  });

  test("closing ends the session on the BMC, and does not insist when it is silent", async () => {
    const gentle = bench();
    await gentle.settled(gentle.ask(1));
    const under = failure(gentle.ask(2));
    await gentle.settled(gentle.client.close());
    assert.equal((await under).code, "STOPPED");
    assert.equal(gentle.bmc.closed, 1);
    assert.equal(gentle.clock.waiting, 0);
    const silent = bench();
    await silent.settled(silent.ask(1));
    silent.bmc.up = false;
    await silent.settled(silent.client.close(), 1500);
    await silent.client.close();
    assert.equal((await failure(silent.ask(2))).code, "STOPPED");
    assert.equal(silent.states.at(-1), "closed");
    await silent.clock.advance(5);
    assert.equal(silent.clock.waiting, 0);
  });

  test("closing while a session is being opened", async () => {
    const { ask, bmc, client, clock, settled } = bench();
    bmc.up = false;
    const asked = failure(ask(1));
    const connecting = failure(client.connect());
    await clock.advance(100);
    await settled(client.close());
    assert.equal((await asked).code, "STOPPED");
    assert.equal((await settled(connecting)).code, "STOPPED");
    await clock.advance(60_000);
    assert.equal(client.state.kind, "closed");
    assert.equal(clock.waiting, 0);
  });
});

describe("the handshake", () => {
  test("a lost packet in it: it starts over with another session id, and repeats nothing", async () => {
    for (const type of [0x11, 0x13, 0x15]) {
      const { ask, bmc, settled } = bench();
      let lost = 0;
      const ids = new Set<string>();
      const sent: string[] = [];
      bmc.toBmc = (packet) => {
        if (packet[4] === 6 && packet[5]! >= 0x10) sent.push(packet.toString("hex"));
        if (packet[5] === 0x10) ids.add(packet.subarray(20, 24).toString("hex"));
        return [1];
      };
      bmc.toClient = (packet) => (packet[5] === type && lost++ === 0 ? [] : [1]);
      assert.equal(await settled(ask(1)), 1);
      assert.equal(ids.size, 2);
      assert.equal(new Set(sent).size, sent.length);
    }
  });

  test("late answers of an attempt that was given up are not taken for those of the next", async () => {
    const { ask, bmc, client, settled } = bench();
    let slow = 0;
    bmc.toClient = (packet) => (packet[5] === 0x13 && slow++ === 0 ? [1200] : [1]);
    assert.equal(await settled(ask(1)), 1);
    assert.equal(client.statistics().sessionsOpened, 1);
  });

  test("silence to the format of IPMI 1.5 does not hinder, and is remembered", async () => {
    const { ask, bmc, clock, settled } = bench();
    let asked = 0;
    bmc.toBmc = (packet) => {
      if (packet[4] !== 0) return [1];
      asked++;
      return [];
    };
    assert.equal(await settled(ask(1)), 1);
    assert.equal(asked, 2);
    bmc.reboot();
    assert.equal(await settled(ask(2)), 2);
    assert.equal(asked, 2);
    assert.ok(clock.monotonic() > 0);
  });

  test("a refusal fails all that wait, and is not provoked again and again", async () => {
    const { ask, bmc, client, clock, settled } = bench();
    bmc.refuses.set(0x12, 0x0d);
    const errors = await settled(Promise.all(counted(5).map((n) => failure(ask(n)))));
    for (const error of errors) assert.equal(error.code, "UNAUTHENTICATED");
    for (const n of counted(50)) {
      await clock.advance(100);
      assert.equal((await settled(failure(ask(n)))).code, "UNAUTHENTICATED");
    }
    assert.ok(client.statistics().sessionsRefused <= 4);
    bmc.refuses.clear();
    await clock.advance(60_000);
    assert.equal(await settled(ask(9)), 9);
  });
});

describe("those who wait no longer", () => {
  test("an aborted request ends at once; what was not sent is not sent", async () => {
    const { ask, bmc, settled } = bench({ window: 1 });
    await settled(ask(0));
    bmc.executed.length = 0;
    bmc.answer = ({ data }) => ({ data: Buffer.from(data!), takes: 500 });
    const controller = new AbortController();
    const { signal } = controller;
    const first = failure(ask(1, { signal }));
    const second = failure(ask(2, { signal }));
    const third = ask(3);
    controller.abort();
    assert.equal((await first).code, "STOPPED");
    assert.equal((await second).code, "STOPPED");
    assert.equal(await settled(third), 3);
    assert.equal(bmc.executed.length, 2);
    assert.equal((await failure(ask(4, { signal }))).code, "STOPPED");
  });

  test("any number of requests heed one signal without a warning", async () => {
    const { ask, settled } = bench();
    const warnings: string[] = [];
    const warned = ({ name }: Error): number => warnings.push(name);
    process.on("warning", warned);
    const { signal } = new AbortController();
    await settled(Promise.all(counted(40).map((n) => ask(n, { signal }))));
    await turn();
    process.off("warning", warned);
    assert.deepEqual(warnings, []);
  });

  test("what was sent and must not be repeated ends as unknown", async () => {
    const { ask, bmc, settled } = bench();
    await settled(ask(0));
    bmc.answer = () => undefined;
    const controller = new AbortController();
    const sent = failure(ask(1, { signal: controller.signal, repeatable: false }));
    controller.abort();
    assert.equal((await sent).code, "OUTCOME_UNKNOWN");
  });
});
