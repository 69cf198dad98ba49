import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seconds } from "../../devices/clock.ts";
import {
  type PowerAction,
  powerAction,
  type PowerOptions,
} from "../../plugins/ipmi/commands/power-action.ts";
import { fails, lost, type MockAnswer, mockRequester, silent } from "../support/mock-requester.ts";
import { TestClock } from "../support/test-clock.ts";

const codes = {
  "00": "off",
  "01": "on",
  "02": "cycle",
  "03": "reset",
  "04": "diag",
  "05": "soft-off",
} as const;
type Control = (typeof codes)[keyof typeof codes];

/** A machine whose power changes some time after it was told to. */
class Machine {
  readonly clock = new TestClock();
  on = true;
  /** How long switching takes. */
  delay = 2000;
  offFor = 1500;
  /** Whether the operating system ends when asked, and when. */
  softDelay: number | undefined = 8000;
  /** What is done to a command before, or in place of, carrying it out. */
  control: (command: Control, count: number) => MockAnswer = () => "";
  /** Whether a command that `control` answered with something else than done is carried out all the same. */
  arrives = false;
  status: () => MockAnswer = () => (this.on ? "010000" : "000000");
  readonly commands: Control[] = [];
  readonly bmc = mockRequester((line, _data, request) => {
    if (line === "00/01") return this.status();
    assert.equal(request.repeatable, false, "a command to the chassis is never repeated below");
    const command = codes[line.slice(6) as keyof typeof codes];
    this.commands.push(command);
    const answer = this.control(command, this.commands.filter((one) => one === command).length);
    if (answer === "" || this.arrives) this.#do(command);
    return answer;
  });

  #do(command: Control): void {
    const at = (delay: number, on: boolean): unknown =>
      this.clock.at(this.clock.monotonic() + delay, () => (this.on = on));
    if (command === "on") at(this.delay, true);
    if (command === "off") at(this.delay, false);
    if (command === "soft-off" && this.softDelay !== undefined) at(this.softDelay, false);
    if (command !== "cycle" || !this.on) return;
    at(this.delay, false);
    at(this.delay + this.offFor, true);
  }

  /** Runs an action while time passes. */
  async run(action: PowerAction, options: Omit<PowerOptions, "clock"> = {}, span = seconds(900)) {
    const running = powerAction(this.bmc, action, { clock: this.clock, ...options });
    running.catch(() => undefined);
    await this.clock.advance(span);
    return running;
  }
}

for (const action of ["on", "off"] as const) {
  test(`${action} is done when the status shows it`, async () => {
    const machine = new Machine();
    machine.on = action === "off";
    const outcome = await machine.run(action);
    assert.deepEqual(
      [outcome.result, outcome.status.on, outcome.forced, outcome.took],
      ["confirmed", action === "on", false, 2000],
    );
    assert.deepEqual(machine.commands, [action]);
  });
}

test("a state that never comes is NOT_CONFIRMED at the limit, and nothing is forced", async () => {
  const machine = new Machine();
  machine.delay = seconds(3000);
  await assert.rejects(machine.run("off", { limit: seconds(20) }), fails("NOT_CONFIRMED"));
  assert.deepEqual(machine.commands, ["off"]);
});

test("soft off waits for the operating system, and never cuts power by itself", async () => {
  const machine = new Machine();
  assert.equal((await machine.run("soft-off")).took, 8000);
  const stuck = new Machine();
  stuck.softDelay = undefined;
  await assert.rejects(stuck.run("soft-off"), fails("NOT_CONFIRMED"));
  assert.deepEqual(stuck.commands, ["soft-off"]);
  assert.equal(stuck.on, true);
});

test("soft-then-off cuts power only when the operating system has had its time", async () => {
  const ends = new Machine();
  const gentle = await ends.run("soft-then-off", { softLimit: seconds(20) });
  assert.deepEqual([gentle.forced, ends.commands], [false, ["soft-off"]]);

  const stuck = new Machine();
  stuck.softDelay = undefined;
  const steps: string[] = [];
  const hard = await stuck.run("soft-then-off", {
    softLimit: seconds(20),
    onStep: ({ did, result }) => steps.push(`${did}: ${result}`),
  });
  assert.deepEqual([hard.forced, hard.status.on, stuck.commands], [true, false, ["soft-off", "off"]]);
  assert.ok(hard.took >= seconds(22) && hard.took < seconds(24), String(hard.took));
  assert.deepEqual(steps, [
    ...["soft-off: accepted", "waited: bmc: wrote off but read back on", "off: accepted"],
  ]);
});

test("a soft off the machine does not know leads to off at once; one it may not be told does not", async () => {
  for (const code of [0xc1, 0xcc, 0xd5]) {
    const machine = new Machine();
    machine.control = (command) => (command === "soft-off" ? code : "");
    const outcome = await machine.run("soft-then-off");
    assert.deepEqual([outcome.forced, machine.commands], [true, ["soft-off", "off"]]);
    assert.ok(outcome.took < seconds(4));
  }
  const barred = new Machine();
  barred.control = () => 0xd4;
  await assert.rejects(barred.run("soft-then-off"), fails("REFUSED"));
  assert.deepEqual(barred.commands, ["soft-off"]);
});

test("a machine that is off already is off, whatever it says to being told so", async () => {
  for (const action of ["off", "soft-off", "soft-then-off"] as const) {
    const machine = new Machine();
    machine.on = false;
    machine.control = () => 0xd5;
    const outcome = await machine.run(action);
    assert.deepEqual([outcome.result, outcome.forced, machine.commands.length], ["confirmed", false, 1]);
  }
  const off = new Machine();
  off.on = false;
  off.control = () => 0xd5;
  for (const action of ["cycle", "reset"] as const) await assert.rejects(off.run(action), fails("REFUSED"));
});

test("after silence a state is looked at, and asked for again only when it is not there", async () => {
  const arrived = new Machine();
  arrived.arrives = true;
  arrived.delay = 0;
  arrived.control = () => lost();
  assert.equal((await arrived.run("off")).result, "confirmed");
  assert.deepEqual(arrived.commands, ["off"]);

  const dropped = new Machine();
  dropped.control = (_command, count) => (count < 3 ? lost() : "");
  assert.equal((await dropped.run("off")).result, "confirmed");
  assert.deepEqual(dropped.commands, ["off", "off", "off"]);

  const deaf = new Machine();
  deaf.control = () => lost();
  await assert.rejects(deaf.run("off"), fails("NOT_CONFIRMED"));
  assert.equal(deaf.commands.length, 3);
});

for (const action of ["cycle", "reset", "diag", "soft-off"] as const) {
  test(`${action} is never sent a second time after silence`, async () => {
    const machine = new Machine();
    machine.softDelay = undefined;
    machine.control = () => lost();
    await assert.rejects(machine.run(action), fails("OUTCOME_UNKNOWN"));
    assert.deepEqual(machine.commands, [action]);
  });
}

test("a cycle that was seen happened, also when its answer was lost", async () => {
  const seen = new Machine();
  assert.deepEqual((({ result, took }) => [result, took])(await seen.run("cycle")), ["confirmed", 3500]);
  const silentOne = new Machine();
  silentOne.arrives = true;
  silentOne.control = () => lost();
  assert.equal((await silentOne.run("cycle")).result, "confirmed");
  const missed = new Machine();
  missed.offFor = 100;
  missed.delay = 1100;
  assert.equal((await missed.run("cycle")).result, "accepted");
  const stays = new Machine();
  stays.offFor = seconds(1000);
  await assert.rejects(stays.run("cycle"), fails("NOT_CONFIRMED"));
});

test("a reset is accepted, and the controller given time to answer again", async () => {
  const machine = new Machine();
  let silences = 10;
  machine.status = () => (silences-- > 0 ? silent() : "010000");
  const outcome = await machine.run("reset");
  assert.deepEqual([outcome.result, outcome.status.on, outcome.took], ["accepted", true, 5000]);
});

test("a busy controller is told again, as it has not done it", async () => {
  const machine = new Machine();
  machine.control = (_command, count) => (count < 3 ? 0xc0 : "");
  assert.equal((await machine.run("cycle")).result, "confirmed");
  const always = new Machine();
  always.control = () => 0xc0;
  await assert.rejects(always.run("reset"), fails("BUSY"));
});

test("a controller that falls silent for good leaves the outcome unknown; one that bars the status says so", async () => {
  const machine = new Machine();
  machine.status = () => silent();
  await assert.rejects(machine.run("off"), fails("OUTCOME_UNKNOWN"));
  const barred = new Machine();
  barred.status = () => 0xd4;
  await assert.rejects(barred.run("off"), fails("REFUSED"));
});

test("what is called off stops: no further command is sent", async () => {
  const machine = new Machine();
  machine.softDelay = undefined;
  const off = new AbortController();
  machine.clock.at(seconds(5), () => off.abort());
  await assert.rejects(machine.run("soft-then-off", { signal: off.signal }), fails("STOPPED"));
  assert.deepEqual(machine.commands, ["soft-off"]);
});

test("property: however answers are lost, nothing but a state is sent twice, and done means seen", async () => {
  const actions = ["on", "off", "cycle", "reset", "diag", "soft-off", "soft-then-off"] as const;
  const fate = fc.constantFrom("done", "lost after", "lost before", "busy", "failed" as const);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...actions),
      fc.boolean(),
      fc.array(fate, { minLength: 1, maxLength: 6 }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      async (action, on, fates, statuses) => {
        const machine = new Machine();
        machine.on = on;
        let uncertain = 0;
        let busy = 0;
        machine.control = (_command, _count) => {
          const now = fates[(machine.commands.length - 1) % fates.length]!;
          machine.arrives = now === "lost after";
          if (now.startsWith("lost")) uncertain += 1;
          if (now === "busy") busy += 1;
          return { done: "", "lost after": lost(), "lost before": lost(), busy: 0xc0, failed: 0xff }[now];
        };
        const truth = machine.status;
        machine.status = () => (statuses.shift() === true ? silent() : truth());
        const outcome = await machine.run(action, { softLimit: seconds(20) }).catch(() => undefined);
        const takenOnce = ["cycle", "reset", "diag", "soft-off"] as const;
        for (const once of takenOnce) {
          const sent = machine.commands.filter((command) => command === once).length;
          assert.ok(sent - busy <= 1, `${once} sent ${sent} times`);
        }
        if (action !== "soft-then-off") assert.ok(machine.commands.every((command) => command === action));
        if (outcome?.result === "confirmed" && action !== "cycle")
          assert.equal(outcome.status.on, action === "on");
        if (uncertain > 0 && (action === "reset" || action === "diag")) assert.equal(outcome, undefined);
      },
    ),
    { numRuns: 200 },
  );
});
