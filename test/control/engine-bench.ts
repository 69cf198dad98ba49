// An engine with a controller of two fans, whose targets do as they are told.
import { seconds } from "../../devices/clock.ts";
import { type Definition, defineController } from "../../controllers/contract.ts";
import { optional, select } from "../../controllers/select.ts";
import { celsius, percent, Type } from "../../controllers/index.ts";
import type { EngineOptions, EngineResult } from "../../controllers/runtime/engine.ts";
import type { Frame, Observed } from "../../controllers/runtime/frame.ts";
import { createEngine, type Engine } from "../../controllers/runtime/inline-engine.ts";
import { dutyTarget, Targets } from "../../controllers/runtime/targets.ts";

const fans = select("type:fan").action("speed", { unit: "%", rise: 10, fall: 2 });

/** Duty 50 plus ten per kelvin; in manual its state follows what is applied. */
export const proportional = defineController({
  name: "proportional",
  version: "1.0.0",
  summary: "for tests",
  period: seconds(1),
  settings: Type.Object({
    setpoint: celsius({ default: 25, minimum: 15, maximum: 35, description: "Wanted." }),
    failSafe: percent({ default: 100, description: "When it is not trusted." }),
  }),
  inputs: { inlet: select("type:temperature").max(), outdoor: optional(select("point:outdoor").mean()) },
  outputs: { fans },
  publishes: { warm: { text: "Whether it is warm." } },
  failSafe: ({ failSafe }) => ({ fans: failSafe }),
  init: () => ({ steps: 0, modes: "" }),
  check: ({ setpoint, failSafe }) => (failSafe < setpoint ? "failSafe: below the setpoint" : undefined),
  step: ({ inputs, settings, state, mode }) => {
    const error = inputs.inlet.value - settings.setpoint;
    return {
      outputs: { fans: 50 + 10 * error },
      state: { steps: state.steps + 1, modes: `${state.modes}${mode === "manual" ? "m" : "a"}` },
      reason: `${error} K too warm`,
      leader: inputs.inlet.from,
      terms: { error },
      published: { warm: error > 0 },
    };
  },
  invariants: [{ text: "never above 1000 %", holds: (_, { outputs }) => !(Number(outputs.fans) > 1000) }],
});

export const plain: Definition = proportional;

export const sample = (value: number | string, rest: object = {}): Observed =>
  ({ quality: "good", value, age: 100, from: "probe", tags: [], ...rest }) as Observed;
export const missing: Observed = {
  quality: "bad",
  code: "NO_ANSWER",
  text: "probe did not answer",
  from: "probe",
  tags: [],
};

export function bench(
  definition: Definition = proportional,
  settings = {},
  options: EngineOptions & { timer?: () => number } = {},
) {
  const engine = createEngine(definition, settings, options);
  const targets = new Targets({ fans: [dutyTarget("a"), dutyTarget("b")] });
  const step = (
    inlet: Observed | readonly Observed[] = sample(27),
    rest: Partial<Frame> = {},
  ): EngineResult => {
    const result = engine.step({
      inputs: { inlet: Array.isArray(inlet) ? (inlet as readonly Observed[]) : [inlet as Observed] },
      outputs: targets.frame(),
      dt: 1,
      at: 0,
      localHour: 12,
      wanted: "automatic",
      ...rest,
    });
    targets.obey(result.orders);
    return result;
  };
  const settle = (engine: Engine, count = 40): Engine => {
    for (let i = 0; i < count; i++) step();
    return engine;
  };
  return { engine, targets, step, settle: () => settle(engine), duty: () => targets.value("fans", "a") };
}

export const modes = (count: number, step: () => EngineResult): readonly string[] =>
  Array.from({ length: count }, () => step().mode);
