import { defineController } from "../../controllers/contract.ts";
import { percent, select, Type } from "../../controllers/index.ts";
import { seconds, systemClock as clock } from "../../devices/clock.ts";
import { simulatedSite, simulatedYears } from "../../server/simulation/index.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { chooseWeather } from "../../simulators/weather/choose.ts";

/*
 * How fast control is simulated on one core: the cabinet in a hot year at control steps of 5 s, of which a year has 6.3
 * million. Physics alone; with sensors and score; with a controller, beside the bare step function in the same run; memory
 * over years; and hot swaps between two versions of a controller that runs.
 * `--days N` of each measurement (default 30), `--years N` for the memory (default 10), `--swaps N` (default 1000).
 */

const given = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const days = given("days", 30);
const years = given("years", 10);
const swaps = given("swaps", 1000);
const step = 5;
const stepsPerDay = 86_400 / step;

const rate = (text: string, steps: number, milliseconds: number): void => {
  const year = (365 * stepsPerDay * milliseconds) / steps / 1000;
  const perSecond = Math.round((1000 * steps) / milliseconds).toLocaleString("en");
  console.log(
    `  ${text.padEnd(44)} ${perSecond.padStart(12)} /s  ${year.toFixed(1).padStart(8)} s for a year`,
  );
};
const timed = (run: () => void): number => {
  const began = clock.monotonic();
  run();
  return clock.monotonic() - began;
};

/** A proportional loop: little arithmetic, so that what surrounds it is seen. */
const loop = (version: string, gain: number) =>
  defineController({
    name: "loop",
    version,
    summary: "fans follow the inlet",
    period: seconds(step),
    settings: Type.Object({ least: percent({ default: 30, description: "Least duty." }) }),
    inputs: { inlet: select("type:temperature", "point:inlet").max() },
    outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 2, fall: 2 }) },
    failSafe: { fans: 100 },
    init: () => ({ steps: 0 }),
    step: ({ inputs, settings, state }) => {
      const duty = Math.min(100, Math.max(settings.least, settings.least + gain * (inputs.inlet.value - 24)));
      return { outputs: { fans: duty }, state: { steps: state.steps + 1 }, reason: "by the inlet" };
    },
  });

function printRates(): void {
  const parameters = siteParameters("cabinet");
  const { weather } = chooseWeather("hot");
  const physics = createSitePhysics(parameters, { weather });
  const steps = days * stepsPerDay;
  const runPhysics = (): void => {
    for (let i = 0; i < steps; i++) physics.step(step);
  };
  runPhysics();
  rate("physics", steps, timed(runPhysics));

  const bare = simulatedYears({ weather: "hot" });
  bare.advance(86_400);
  const without = timed(() => bare.advance(days * 86_400));
  rate("physics, sensors and score", steps, without);

  const controlled = simulatedYears({ weather: "hot", controllers: { loop: loop("1.0.0", 10) } });
  controlled.advance(86_400);
  const whole = timed(() => controlled.advance(days * 86_400));
  rate("whole control steps", steps, whole);

  const definition = loop("1.0.0", 10);
  const sample = { quality: "good", value: 26, age: 0, from: "probe", tags: [] } as const;
  const context = {
    ...{
      inputs: { inlet: sample },
      settings: { least: 30 },
      applied: { fans: [] },
      mode: "automatic" as const,
    },
    ...{ dt: step, nominal: step, at: 0, localHour: 0 },
  };
  let state = { steps: 0 };
  const runBare = (): void => {
    for (let i = 0; i < steps; i++) ({ state } = definition.step({ ...context, state }));
  };
  runBare();
  const own = timed(runBare);
  const micros = (milliseconds: number): string => ((1000 * milliseconds) / steps).toFixed(2);
  console.log(
    `  the runtime's own cost: ${micros(whole - without - own)} µs a step, of the bare step function ${micros(own)} µs`,
  );
}

function printMemory(): void {
  console.log(
    `\nMemory over ${years} simulated years${global.gc === undefined ? " (run with --expose-gc for exact figures)" : ""}`,
  );
  const site = simulatedYears({ weather: "hot", controllers: { loop: loop("1.0.0", 10) } });
  for (let year = 1; year <= years; year++) {
    site.advance(365 * 86_400);
    global.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    const mega = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(7);
    console.log(`  year ${String(year).padStart(2)}  heap ${mega(heapUsed)} MB  resident ${mega(rss)} MB`);
  }
}

async function printSwaps(): Promise<void> {
  const site = await simulatedSite({
    weather: "constant:28",
    controllers: { loop: loop("1.0.0", 10) },
    poll: seconds(5),
  });
  await site.advance(seconds(120));
  const before = site.controllers.get("loop")?.steps ?? 0;
  const from = site.clock.monotonic();
  const pauses: number[] = [];
  let bump = 0;
  for (let i = 0; i < swaps; i++) {
    await site.advance(seconds(step));
    const duty = Number(site.physics.commands.fanDuty[0]);
    const next = loop(`1.0.${i + 1}`, i % 2 === 0 ? 12 : 10);
    const began = clock.monotonic();
    await site.controllers.swap(
      "loop",
      { kind: "definition", definition: next },
      { who: "bench", why: "to and fro" },
    );
    pauses.push(clock.monotonic() - began);
    await site.advance(seconds(step));
    bump = Math.max(bump, Math.abs(Number(site.physics.commands.fanDuty[0]) - duty));
  }
  const made = (site.controllers.get("loop")?.steps ?? 0) - before;
  const wanted = Math.round((site.clock.monotonic() - from) / seconds(step));
  pauses.sort((a, b) => a - b);
  const p99 = pauses[Math.floor(pauses.length * 0.99)] ?? NaN;
  console.log(`\n${swaps} swaps between two versions that run`);
  console.log(`  steps ${made} of ${wanted}; missed ${site.controllers.get("loop")?.missed ?? NaN}`);
  console.log(`  pause p50 ${(pauses[pauses.length >> 1] ?? NaN).toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`);
  console.log(
    `  largest change of an output from step to step ${bump.toFixed(2)} %; its rate allows ${2 * step} %`,
  );
  await site.stop();
}

console.log(`The cabinet in a hot year, ${days} days each, one core\n`);
printRates();
if (years > 0) printMemory();
if (swaps > 0) await printSwaps();
