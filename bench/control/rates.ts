import { systemClock as clock } from "../../devices/clock.ts";
import { simulatedYears } from "../../server/simulation/index.ts";
import { createSitePhysics } from "../../simulators/physics/site.ts";
import { siteParameters } from "../../simulators/sites.ts";
import { chooseWeather } from "../../simulators/weather/choose.ts";
import { everything } from "../../test/scenarios/everything.ts";
import { loop, type LoopContext, step, stepsPerDay } from "./loop.ts";

const timed = (run: () => void): number => {
  const began = clock.monotonic();
  run();
  return clock.monotonic() - began;
};

/** The median of several turns taken alternately: whatever else loads the machine loads all of them. */
const turns = 5;
function alternately(runs: readonly (() => void)[]): readonly number[] {
  const taken = runs.map((): number[] => []);
  for (const run of runs) run();
  for (let turn = 0; turn < turns; turn++) runs.forEach((run, i) => taken[i]?.push(timed(run)));
  return taken.map((times) => times.sort((a, b) => a - b)[turns >> 1] ?? NaN);
}

function printRate(text: string, steps: number, milliseconds: number, baseline: number): void {
  const year = (365 * stepsPerDay * milliseconds) / steps / 1000;
  const perSecond = Math.round((1000 * steps) / milliseconds).toLocaleString("en");
  const times = (milliseconds / baseline).toFixed(1);
  console.log(
    `  ${text.padEnd(34)} ${perSecond.padStart(10)} /s ${year.toFixed(1).padStart(8)} s for a year ${times.padStart(6)} × physics`,
  );
}

/** Calls the step function and nothing else. */
function bareSteps(steps: number): () => void {
  const definition = loop();
  const context: { -readonly [K in keyof LoopContext]: LoopContext[K] } = {
    inputs: { inlet: { quality: "good", value: 26, age: 0, from: "probe", tags: [] } },
    settings: { least: 30 },
    state: { steps: 0 },
    applied: { fans: [] },
    mode: "automatic",
    dt: step,
    nominal: step,
    at: 0,
    localHour: 0,
  };
  return () => {
    for (let i = 0; i < steps; i++) context.state = definition.step(context).state;
  };
}

/** Everything that comes with Bothy and fits the cabinet, at once; extrapolated to a year. */
export function printShipped(days: number): void {
  const uncontrolled = simulatedYears({ weather: "hot" });
  const controlled = simulatedYears({ weather: "hot", controllers: everything });
  let steps = 0;
  const [without = NaN, whole = NaN] = alternately([
    () => uncontrolled.advance(days * 86_400),
    () => {
      const before = controlled.controlSteps;
      controlled.advance(days * 86_400);
      steps = controlled.controlSteps - before;
    },
  ]);
  const year = ((whole * 365) / days / 60_000).toFixed(0);
  const micros = ((1000 * (whole - without)) / steps).toFixed(1);
  console.log(
    `  ${Object.keys(everything).length} shipped controllers together: ${year} min for a year, ${micros} µs for each of their steps`,
  );
}

/** Physics, sensors and score, the whole control; and what the runtime adds to the bare step function. */
export function printRates(days: number): void {
  const physics = createSitePhysics(siteParameters("cabinet"), { weather: chooseWeather("hot").weather });
  const uncontrolled = simulatedYears({ weather: "hot" });
  const controlled = simulatedYears({ weather: "hot", controllers: { loop: loop() } });
  const steps = days * stepsPerDay;
  const [alone = NaN, without = NaN, whole = NaN, bare = NaN] = alternately([
    () => {
      for (let i = 0; i < steps; i++) physics.step(step);
    },
    () => uncontrolled.advance(days * 86_400),
    () => controlled.advance(days * 86_400),
    bareSteps(steps),
  ]);
  printRate("physics", steps, alone, alone);
  printRate("physics, sensors and score", steps, without, alone);
  printRate("whole control steps", steps, whole, alone);
  const micros = (milliseconds: number): string => ((1000 * milliseconds) / steps).toFixed(2);
  const own = whole - without - bare;
  console.log(
    `  the runtime's own cost: ${micros(own)} µs a step (${(own / alone).toFixed(1)} × physics), of the bare step function ${micros(bare)} µs`,
  );
}
