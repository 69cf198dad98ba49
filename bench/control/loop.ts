import type { Definition } from "../../controllers/contract.ts";
import { defineController } from "../../controllers/contract.ts";
import { percent, select, Type } from "../../controllers/index.ts";
import { seconds } from "../../devices/clock.ts";

/** s between control steps: a year has 6.3 million of them. */
export const step = 5;
export const stepsPerDay = 86_400 / step;
/** Fastest change of the fans, %/s. */
export const rate = 2;

/** A proportional loop: little arithmetic, so that what surrounds it is seen. */
export const loop = (version = "1.0.0", gain = 10) =>
  defineController({
    name: "loop",
    version,
    summary: "fans follow the inlet",
    period: seconds(step),
    settings: Type.Object({ least: percent({ default: 30, description: "Least duty." }) }),
    inputs: { inlet: select("type:temperature", "point:inlet").max() },
    outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: rate, fall: rate }) },
    failSafe: { fans: 100 },
    init: () => ({ steps: 0 }),
    step: ({ inputs, settings, state }) => {
      const duty = Math.min(100, Math.max(settings.least, settings.least + gain * (inputs.inlet.value - 24)));
      return { outputs: { fans: duty }, state: { steps: state.steps + 1 }, reason: "by the inlet" };
    },
  });

/** What a host calls `step` with, for the bare function. */
export type LoopContext = Parameters<ReturnType<typeof loop>["step"]>[0];

/** Its functions take what its own inputs and settings give them: nobody else calls them. */
export const asSource = (definition: ReturnType<typeof loop>) =>
  ({ kind: "definition", definition: definition as unknown as Definition }) as const;

/** The text of a file of one's own whose step keeps its thread busy for a while, and tells something else each time. */
export const busyLoop = (version: string, base: number, rounds: number): string => `
import { defineController, percent, select, Type } from "bothy/controllers";

export default defineController({
  name: "busy",
  version: "${version}",
  summary: "fans go up and down",
  period: 200,
  budget: 200,
  settings: Type.Object({ height: percent({ default: 10, description: "How far." }) }),
  inputs: { inlet: select("type:temperature", "point:inlet").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 20, fall: 20 }) },
  failSafe: { fans: 100 },
  init: () => ({ steps: 0, rest: 0 }),
  step: ({ settings, state }) => {
    let rest = state.rest;
    for (let i = 0; i < ${rounds}; i++) rest = (rest * 1103515245 + 12345) % 2147483648;
    const duty = ${base} + settings.height * Math.sin(state.steps / 3);
    return { outputs: { fans: duty }, state: { steps: state.steps + 1, rest }, reason: "to and fro" };
  },
});
`;
