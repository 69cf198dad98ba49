// The client against simulated BMCs over a network that loses, doubles and delays, on a virtual clock: whatever
// happens, a reading is right or bad, never wrong; no power command is carried out twice; what a command says it did was
// done; and everything is well again soon after the faults stop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Millis, minutes, seconds, sleep } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { type ChassisAction, chassisControl } from "../../plugins/ipmi/commands/chassis.ts";
import { powerAction, type PowerAction } from "../../plugins/ipmi/commands/power-action.ts";
import { completionOf } from "../../plugins/ipmi/completion.ts";
import type { Requester } from "../../plugins/ipmi/contract.ts";
import { type BmcClient, type BmcOptions, openBmc } from "../../plugins/ipmi/lan/index.ts";
import type { SdrRecord } from "../../plugins/ipmi/sdr/model.ts";
import { readRepository } from "../../plugins/ipmi/sdr/repository.ts";
import { readAll } from "../../plugins/ipmi/sensors/read.ts";
import { describeSensors, type Sensor } from "../../plugins/ipmi/sensors/sensor.ts";
import type { SimulatedBmc } from "../../simulators/ipmi/bmc.ts";
import { createRandom, type Random } from "../../simulators/random.ts";
import { ChangingBmc } from "../support/changing-bmc.ts";
import { type IpmiWire, ipmiWire } from "../support/ipmi-wire.ts";
import { controlCommand, controlNetFn } from "../support/struck-line.ts";
import { TestClock } from "../support/test-clock.ts";

const seed = Number(process.env["SOAK_SEED"] ?? Math.floor(Math.random() * 1e9));
/** Simulated minutes with faults; SOAK_MINUTES and SOAK_SEED repeat or lengthen a run. */
const soakMinutes = Number(process.env["SOAK_MINUTES"] ?? 6);

/** Nothing is under way on the wire for longer. */
const longestDelay = seconds(4);
/** How long a request may take. */
const patience = seconds(20);

const tally = {
  good: 0,
  absent: 0,
  failed: 0,
  whole: 0,
  partial: 0,
  sweeps: 0,
  switched: 0,
  struck: 0,
  recoveries: 0,
};

interface Outcomes {
  done: number;
  refused: number;
  unknown: number;
  /** It never left: nothing was asked of the BMC. */
  unsent: number;
}

/** A client of a BMC that counts what became of each power command. */
class Operator {
  readonly client: BmcClient;
  readonly outcomes: Outcomes = { done: 0, refused: 0, unknown: 0, unsent: 0 };
  readonly requester: Requester;
  readonly changing: ChangingBmc;
  readonly #clock: TestClock;
  readonly #random: Random;

  constructor(
    changing: ChangingBmc,
    clock: TestClock,
    wire: IpmiWire,
    options: Partial<BmcOptions>,
    random: Random,
  ) {
    this.changing = changing;
    this.#clock = clock;
    this.#random = random;
    this.client = openBmc({
      ...{ host: changing.bmc.name, user: "admin", password: "admin-pass", patience, clock },
      ...{
        socket: wire.socket,
        random: (size) => Buffer.from(Array.from({ length: size }, () => random.integer(256))),
      },
      ...options,
    });
    this.requester = {
      name: this.client.name,
      request: (request) => {
        const sent = this.client.request(request);
        return request.netFn === controlNetFn && request.command === controlCommand
          ? this.#count(sent)
          : sent;
      },
    };
  }

  /** Does something to the power, and checks that exactly that was carried out which was said to be. */
  async switching(work: () => Promise<unknown>): Promise<void> {
    await this.changing.alone(async () => {
      const [before, executed] = [{ ...this.outcomes }, this.changing.line.switched];
      await work();
      // What is on its way still counts.
      await sleep(this.#clock, longestDelay + seconds(1));
      const { done, refused, unknown } = this.outcomes;
      const least = done - before.done + refused - before.refused;
      const most = least + unknown - before.unknown;
      const found = this.changing.line.switched - executed;
      const said = `${found} power commands carried out, not ${least}..${most}, at ${this.#clock.monotonic()}, seed ${seed}`;
      assert.ok(found >= least && found <= most, said);
    });
  }

  /** All records; undefined when something was in the way, and that was said. */
  async records(): Promise<readonly SdrRecord[] | undefined> {
    const options = { clock: this.#clock, random: () => this.#random.next() };
    const found = await readRepository(this.client, options).catch((thrown: unknown) => {
      assert.ok(thrown instanceof BothyError, `${String(thrown)}, seed ${seed}`);
      return undefined;
    });
    tally[found?.warnings.length === 0 ? "whole" : "partial"]++;
    return found?.warnings.length === 0 ? found.records : undefined;
  }

  /** Reads all, checks each; @returns whether all were good, or absent */
  async sweep(sensors: readonly Sensor[]): Promise<boolean> {
    const from = this.#clock.monotonic();
    const readings = await readAll(this.client, sensors).catch((thrown: unknown) => {
      assert.ok(thrown instanceof BothyError, `${String(thrown)}, seed ${seed}`);
      return undefined;
    });
    const to = this.#clock.monotonic();
    sensors.forEach((sensor, n) => {
      const reading = readings?.[n];
      if (reading !== undefined) tally[this.changing.check(sensor, reading, from, to)]++;
    });
    return readings?.every(({ unavailable }) => (unavailable?.code ?? "ABSENT") === "ABSENT") ?? false;
  }

  /** Tells the chassis something once. */
  async control(action: ChassisAction): Promise<void> {
    await chassisControl(this.requester, action).catch((thrown: unknown) => {
      assert.ok(thrown instanceof BothyError, `${String(thrown)}, seed ${seed}`);
    });
  }

  /** Sees an action through; when it says so, the machine is on or off. */
  async act(action: PowerAction): Promise<boolean> {
    const options = { clock: this.#clock, limit: minutes(1), softLimit: seconds(20) };
    try {
      const { result, status } = await powerAction(this.requester, action, options);
      if (result === "confirmed") {
        assert.equal(status.on, action === "on" || action === "cycle", `${action}, seed ${seed}`);
      }
      return true;
    } catch (thrown) {
      assert.ok(thrown instanceof BothyError, `${String(thrown)}, seed ${seed}`);
      return false;
    }
  }

  async #count(sent: Promise<Buffer>): Promise<Buffer> {
    try {
      const answer = await sent;
      this.outcomes.done++;
      return answer;
    } catch (thrown) {
      if (completionOf(thrown) !== undefined) this.outcomes.refused++;
      else if (thrown instanceof BothyError && thrown.code === "OUTCOME_UNKNOWN") this.outcomes.unknown++;
      else this.outcomes.unsent++;
      throw thrown;
    }
  }
}

const actions: readonly PowerAction[] = ["on", "off", "cycle", "reset", "soft-off", "soft-then-off"];
const controls: readonly ChassisAction[] = ["on", "off", "cycle", "reset", "diag", "soft-off"];

/** Things that go wrong for a while. */
const troubles: readonly ((wire: IpmiWire, bmc: SimulatedBmc, random: Random) => void)[] = [
  () => undefined,
  ({ faults }, _bmc, random) => (faults.lost = 0.02 + 0.4 * random.next()),
  ({ faults }, _bmc, random) => (faults.doubled = 0.5 * random.next()),
  ({ faults }, _bmc, random) => {
    faults.late = 0.3 * random.next();
    faults.longest = 200 + (longestDelay - 200) * random.next();
  },
  ({ faults }, _bmc, random) => {
    faults.lost = 0.2 * random.next();
    faults.doubled = 0.3 * random.next();
    faults.late = 0.3 * random.next();
    faults.longest = longestDelay * random.next();
  },
  (_wire, bmc) => (bmc.faults.silent = true),
  (_wire, bmc, random) => bmc.restart(seconds(2 + 20 * random.next())),
  (_wire, bmc, random) => (bmc.faults.slow = 2500 * random.next()),
  (_wire, bmc, random) => (bmc.faults.unheard = 0.5 * random.next()),
  (_wire, bmc, random) => (bmc.faults.badChecksum = 0.5 * random.next()),
  (_wire, bmc) => (bmc.faults.singleSession = true),
  (_wire, bmc) => bmc.faults.hang.add(0x042d),
  (_wire, bmc) => bmc.faults.hang.add(0x0002),
];

function calm(wire: IpmiWire, bmcs: readonly ChangingBmc[]): void {
  Object.assign(wire.faults, { lost: 0, doubled: 0, late: 0, longest: 0 });
  for (const changing of bmcs) {
    const { bmc } = changing;
    changing.line.strike(0);
    Object.assign(bmc.faults, { silent: false, slow: 0, unheard: 0, badChecksum: 0, singleSession: false });
    bmc.faults.hang.clear();
  }
}

test(`no reading is wrong and nothing is done twice, whatever happens (seed ${seed})`, async (t) => {
  t.diagnostic(`soak of ${soakMinutes} simulated minutes, SOAK_SEED=${seed}`);
  const clock = new TestClock();
  const random = createRandom(seed, "soak");
  const wire = ipmiWire(clock, createRandom(seed, "wire"));
  const bmcs = ["192.0.2.11", "192.0.2.12", "192.0.2.13"].map(
    (name, n) => new ChangingBmc(name, clock, { seed, legacy: n === 2 }),
  );
  const [first, second, third] = bmcs;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  // One answers a repeated request from memory.
  for (const changing of bmcs)
    wire.connect(changing.bmc.name, changing.line.end({ forgets: changing !== third }));
  const operator = (changing: ChangingBmc, name: string, options: Partial<BmcOptions> = {}): Operator =>
    new Operator(changing, clock, wire, options, createRandom(seed, name));
  const operators = [
    operator(first, "suite 17"),
    // Two clients of one BMC, behind the same port.
    operator(second, "one at a time", { window: 1, suites: [3] }),
    operator(second, "many at once", { window: 16 }),
    operator(third, "version 1.5", { version: "1.5" }),
  ];
  let over = false;
  let isCalm = true;

  const busy = async (own: Operator, mine: Random): Promise<void> => {
    const records = await own.records();
    assert.ok(records !== undefined);
    const sensors = describeSensors(records);
    assert.equal(sensors.length, 14);
    const pause = (longest: Millis): Promise<void> => sleep(clock, longest * mine.next());
    const reading = async (): Promise<void> => {
      while (!over) {
        // So many at once that numbers come round while answers to their last use may be under way.
        const together = mine.next() < 0.1 ? 6 : 1;
        await Promise.all(Array.from({ length: together }, () => own.sweep(sensors)));
        tally.sweeps += together;
        await pause(seconds(10));
      }
    };
    /**
     * Carried out, and then neither the answer comes through nor anything else until the session is lost; but not when
     * its turn comes only after the faults have stopped.
     */
    const struck = async (who: Operator, control: ChassisAction, span: Millis): Promise<void> => {
      if (!isCalm) {
        who.changing.line.strike(span);
        tally.struck++;
      }
      await Promise.all([who.control(control), who.sweep(sensors), who.sweep(sensors)]);
    };
    const looking = async (): Promise<void> => {
      while (!over) {
        await pause(minutes(3));
        const again = await own.records();
        if (again !== undefined) assert.deepEqual(again, records, `seed ${seed}`);
      }
    };
    const switching = async (): Promise<void> => {
      while (!over) {
        await pause(seconds(40));
        const pick = <T>(from: readonly T[]): T => from[mine.integer(from.length)]!;
        const kind = mine.next();
        if (kind < 0.4) await own.switching(() => own.act(pick(actions)));
        else if (kind < 0.6 || isCalm)
          await own.switching(() => Promise.all([own.control(pick(controls)), own.control(pick(controls))]));
        else await own.switching(() => struck(own, pick(controls), seconds(6 + 6 * mine.next())));
        tally.switched++;
      }
    };
    await Promise.all([reading(), looking(), switching()]);
  };
  const ends: Promise<void>[] = [];
  for (const [n, own] of operators.entries()) ends.push(busy(own, createRandom(seed, `operator ${n}`)));
  // What fails says so at once, not at the end.
  let failure: unknown;
  for (const end of ends) end.catch((thrown: unknown) => (failure ??= thrown));
  const pass = async (span: Millis): Promise<void> => {
    for (let passed = 0; passed < span; passed += seconds(1)) {
      await clock.advance(seconds(1));
      if (failure !== undefined) throw failure as Error;
    }
  };
  // All get to know their BMC before anything goes wrong.
  await pass(seconds(10));
  while (clock.monotonic() < minutes(soakMinutes)) {
    isCalm = false;
    for (let rounds = 1 + random.integer(4); rounds > 0; rounds--) {
      const trouble = troubles[random.integer(troubles.length)]!;
      trouble(wire, bmcs[random.integer(bmcs.length)]!.bmc, random);
      await pass(seconds(5 + 60 * random.next()));
      if (random.next() < 0.5) calm(wire, bmcs);
    }
    isCalm = true;
    calm(wire, bmcs);
    await pass(seconds(50));
    const before = operators.map(({ client }) => client.statistics());
    await pass(seconds(10));
    for (const [n, { client }] of operators.entries()) {
      const now = client.statistics();
      assert.equal(client.state.kind, "open", `${client.name} after a minute, seed ${seed}`);
      assert.ok(now.answers > before[n]!.answers, `${client.name} after a minute, seed ${seed}`);
      assert.equal(now.sessionsLost, before[n]!.sessionsLost, `${client.name} after a minute, seed ${seed}`);
      assert.equal(now.timeouts, before[n]!.timeouts, `${client.name} after a minute, seed ${seed}`);
    }
    tally.recoveries++;
  }
  over = true;
  await pass(minutes(4));
  await Promise.all(ends);
  for (const own of operators) {
    const records = await settled(clock, own.records());
    assert.ok(records !== undefined && (await settled(clock, own.sweep(describeSensors(records)))));
  }
  const closing = Promise.all(operators.map(({ client }) => client.close()));
  await clock.advance(seconds(5));
  await closing;
  t.diagnostic(JSON.stringify(tally));
  t.diagnostic(JSON.stringify(operators.map(({ outcomes }) => outcomes)));
  t.diagnostic(JSON.stringify(operators.map(({ client }) => client.statistics().sessionsLost)));
  assert.ok(tally.good > 1000 && tally.recoveries > 0);
  const unknown = operators.reduce((sum, { outcomes }) => sum + outcomes.unknown, 0);
  assert.ok(tally.struck > 0 && unknown > 0, `${tally.struck} struck, ${unknown} unknown, seed ${seed}`);
});

/** What comes of something while time passes. */
async function settled<T>(clock: TestClock, work: Promise<T>): Promise<T> {
  const state = { over: false };
  const end = (): void => void (state.over = true);
  work.then(end, end);
  while (!state.over) await clock.advance(100);
  return work;
}
