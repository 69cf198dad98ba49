import type { StepTrace } from "../../controllers/runtime/frame.ts";
import { openInThreads } from "../../controllers/runtime/hosts.ts";
import { loadText } from "../../controllers/runtime/load.ts";
import { createControllers } from "../../controllers/runtime/runtime.ts";
import { shipped } from "../../controllers/shipped/index.ts";
import { type Millis, seconds, systemClock as clock } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { Link } from "../../devices/link.ts";
import { silentLog as log } from "../../devices/plugin.ts";
import { Registry } from "../../devices/registry.ts";
import { ReadingStore } from "../../devices/store.ts";
import { Writer } from "../../devices/writer.ts";
import { devicesOf, linkName } from "../../server/simulation/devices.ts";
import { directLink } from "../../server/simulation/link.ts";
import { createModel } from "../../server/simulation/model.ts";
import { quantile } from "../processes.ts";
import { busyLoop } from "./loop.ts";

const period: Millis = 200;
/** %/s, as the loop declares it. */
const rate = 20;
/** Rounds of arithmetic that keep a thread busy for a part of the period. */
const rounds = 200_000;

/** Others that step meanwhile, in the thread that shipped controllers share. */
const others = ["economiser", "heater", "humidity-guard", "temperature-watch", "safety"];

/** Runs at fixed intervals. @returns ends it */
function repeat(every: Millis, run: () => void): () => void {
  let due = clock.monotonic();
  let cancel: () => void = () => undefined;
  const next = (): void => {
    run();
    due += every;
    cancel = clock.at(due, next);
  };
  next();
  return () => cancel();
}

/** A simulated site on the real clock, whose devices come and go. */
function liveSite() {
  const { equipment, physics, values } = createModel({ weather: "constant:28" }, "demo");
  const registry = new Registry();
  const store = new ReadingStore({ clock, log });
  const behaviour = { failure: () => undefined, instead: () => undefined };
  const devices = devicesOf("bench", equipment, values);
  const link = new Link(directLink({ devices, values, behaviour, poll: period }), {
    clock,
    log,
    registry,
    store,
  });
  const writer = new Writer({
    clock,
    log,
    registry,
    store,
    links: (name) => (name === linkName ? link : undefined),
  });
  link.start();
  writer.start();
  const stopPassing = repeat(period, () => {
    physics.advance(period / 1000);
    equipment.tick(period / 1000);
  });
  // Whoever selects by tags has to select anew.
  const [first] = devices;
  const guest = first && {
    ...first,
    id: "00000000-0000-5000-8000-000000000001",
    alias: "guest",
    link: "guests",
    tags: [],
  };
  let here = false;
  const stopComing = repeat(period / 2, () => {
    if (guest === undefined) return;
    registry.replace(here ? [guest] : [], here ? [] : [guest]);
    here = !here;
  });
  const stop = async (): Promise<void> => {
    stopPassing();
    stopComing();
    writer.stop();
    await link.stop();
    store.stop();
  };
  return { registry, store, writer, stop };
}

interface Seen {
  readonly at: Millis;
  readonly trace: StepTrace;
}

/**
 * Swaps between two versions in threads of their own, on the real clock, while others step and devices come and go. Every
 * other one is asked for while the version that runs is in the middle of a step.
 */
export async function printLiveSwaps(swaps: number): Promise<void> {
  const { registry, store, writer, stop } = liveSite();
  const versions = await Promise.all(
    [0, 1].map((i) => loadText(`busy-${i}.ts`, busyLoop(`1.0.${i}`, 50 + 5 * i, rounds))),
  );
  const [one, other] = versions;
  if (one === undefined || other === undefined) throw new Error("there are no versions");
  const controllers = createControllers(
    {
      busy: { use: one },
      ...Object.fromEntries(others.map((name) => [name, { use: { kind: "shipped", name } as const }])),
    },
    { clock, log, registry, store, writer, shipped, open: openInThreads(shipped, { clock, log }) },
  );
  const seen: Seen[] = [];
  controllers.onTrace((name, trace) => {
    if (name === "busy") seen.push({ at: clock.monotonic(), trace });
  });
  await clock.sleepUntil(clock.monotonic() + seconds(1), new AbortController().signal);
  await controllers.start();
  await clock.sleepUntil(clock.monotonic() + seconds(3), new AbortController().signal);
  const { missed: missedBefore = 0, took } = controllers.get("busy") ?? {};
  const from = seen.length - 1;
  let [inStep, refused, running] = [0, 0, one];
  for (let i = 0; i < swaps; i++) {
    const due = (seen.at(-1)?.trace.at ?? 0) + period;
    // Just after a step has begun, or halfway to the next one.
    const wanted = due - clock.now() + (i % 2 === 0 ? 2 : period / 2);
    await clock.sleepUntil(clock.monotonic() + wanted, new AbortController().signal);
    const ended = seen.length;
    const next = running === one ? other : one;
    const swapped = controllers.swap("busy", next, { who: "bench", why: "to and fro" }).then(
      () => (running = next),
      (fault: unknown) => {
        // On a busy machine a version may be too slow when it is tried; the other one goes on.
        if (!(fault instanceof BothyError)) throw fault;
        refused++;
      },
    );
    await Promise.resolve();
    if (i % 2 === 0 && (seen.at(-1)?.trace.at ?? 0) < due - period / 2) inStep++;
    await swapped;
    while (seen.length < ended + 2)
      await clock.sleepUntil(clock.monotonic() + period / 4, new AbortController().signal);
  }
  const steps = seen.slice(from);
  const status = controllers.get("busy");
  report(
    { swaps, inStep, refused },
    steps,
    (status?.missed ?? NaN) - missedBefore,
    (1000 * (took?.seconds ?? 0)) / (took?.count ?? 1),
  );
  await controllers.stop();
  await stop();
}

interface Asked {
  readonly swaps: number;
  readonly inStep: number;
  readonly refused: number;
}

function report(
  { swaps, inStep, refused }: Asked,
  steps: readonly Seen[],
  missed: number,
  took: Millis,
): void {
  const span = (steps.at(-1)?.trace.at ?? 0) - (steps[0]?.trace.at ?? 0);
  const due = Math.round(span / period);
  const made = steps.length - 1;
  const { pauses, worst, rollBacks } = across(steps);
  pauses.sort((a, b) => a - b);
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => Math.round(quantile(pauses, part)));
  console.log(
    `\n${swaps} swaps between two versions in threads of their own, on the real clock, a step of ${took.toFixed(0)} ms each ${period} ms`,
  );
  console.log(
    `  meanwhile ${others.length} other controllers step, and devices come and go 20 times a second`,
  );
  console.log(
    `  asked for in the middle of a step: ${inStep}; refused: ${refused}; ended in ${pauses.length} changes of version, ${rollBacks} failures`,
  );
  console.log(
    `  steps ${made} of ${due} that were due: ${due - made} lost; the runtime counts ${missed} missed`,
  );
  console.log(
    `  from the last command of the old to the first one of the new p50 ${p50 ?? NaN} ms, p99 ${p99 ?? NaN} ms, most ${most ?? NaN} ms; without a swap it is ${period} ms`,
  );
  console.log(
    `  outputs changed by at most ${worst.toFixed(2)} % more at once than their rate of ${rate} %/s allows: what is sent is rounded to steps of the device`,
  );
}

/** Gaps between commands of different versions, and by how much outputs changed more than their rate allows. */
function across(steps: readonly Seen[]) {
  const pauses: number[] = [];
  let [worst, rollBacks] = [0, 0];
  steps.forEach(({ at, trace }, i) => {
    const before = steps[i - 1];
    if (trace.failure !== undefined) rollBacks++;
    if (before === undefined) return;
    if (before.trace.version !== trace.version) pauses.push(at - before.at);
    // Fail-safe values wait for no rate.
    if (trace.mode !== "automatic") return;
    for (const { sent, applied } of trace.outputs)
      if (typeof sent === "number" && typeof applied === "number")
        worst = Math.max(worst, Math.abs(sent - applied) - rate * trace.dt);
  });
  return { pauses, worst, rollBacks };
}
