// A controller of a zone as tests of the runtime need it, and what it is bound to.
import type { Definition } from "../../controllers/contract.ts";
import { defineController, percent, seconds, select, celsius, Type } from "../../controllers/index.ts";
import type { ControllerConfig } from "../../controllers/runtime/api.ts";
import { Table } from "../support/table-plugin.ts";

export const by = { who: "ann", why: "to see" };

/** Ten percent per kelvin above the setpoint, from 50 %; counts its steps. */
export const zone = defineController({
  name: "zone",
  version: "1.0.0",
  summary: "for tests",
  period: seconds(5),
  settings: Type.Object({
    setpoint: celsius({ default: 25, minimum: 15, maximum: 35, description: "Wanted." }),
    failSafe: percent({ default: 90, description: "When it is not trusted." }),
  }),
  inputs: { inlet: select("type:temperature").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 2, fall: 1 }) },
  publishes: { error: { unit: "K", text: "How much too warm." } },
  failSafe: ({ failSafe }) => ({ fans: failSafe }),
  init: () => ({ steps: 0 }),
  step: ({ inputs, settings, state }) => {
    const error = inputs.inlet.value - settings.setpoint;
    return {
      outputs: { fans: 50 + 10 * error },
      state: { steps: state.steps + 1 },
      reason: `${error} K too warm`,
      published: { error },
    };
  },
});
export const plain: Definition = zone;

export const use = (definition: Definition, rest: Omit<ControllerConfig, "use"> = {}): ControllerConfig => ({
  use: { kind: "definition", definition },
  ...rest,
});

export const warm = (celsius = 27): Table => {
  const table = new Table();
  table.values.set("inlet/temperature", celsius);
  table.values.set("fan-a/duty", 30);
  table.values.set("fan-b/duty", 30);
  return table;
};

export const stepsOf = (state: unknown): number => (state as { steps: number }).steps;

export const version = (name: string, rest: Partial<Definition>): Definition => ({
  ...plain,
  version: name,
  ...rest,
});
