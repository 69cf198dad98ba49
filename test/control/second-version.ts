import { celsius, defineController, plain, seconds, select, Type } from "../../controllers/index.ts";
import type { Definition } from "../../controllers/contract.ts";
import { createEngine } from "../../controllers/runtime/inline-engine.ts";
import type { Frame, Target } from "../../controllers/runtime/frame.ts";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import type { Numbered } from "../../controllers/trace/traced.ts";

/** A proportional-integral controller for tests, and another version of it. */
export const simple = (
  version = "1.0.0",
  more: (value: number, error: number) => number = (value) => value,
): Definition =>
  defineController({
    name: "simple",
    version,
    summary: "fans follow the inlet",
    period: seconds(5),
    settings: Type.Object({
      setpoint: celsius({ default: 24, minimum: 15, maximum: 35, description: "Wanted at the inlet." }),
      gain: plain({ default: 8, minimum: 0, maximum: 50, description: "% per K." }),
    }),
    inputs: { inlet: select("type:temperature", "point:inlet").max() },
    outputs: { fans: select("type:fan").action("speed", { unit: "%" }) },
    failSafe: { fans: 100 },
    init: () => ({ integral: 30 }),
    step: ({ inputs, settings, state, dt, mode }) => {
      const error = inputs.inlet.value - settings.setpoint;
      const integral =
        mode === "manual" ? state.integral : Math.min(100, Math.max(20, state.integral + 0.02 * error * dt));
      const value = Math.min(100, Math.max(20, integral + settings.gain * error));
      return {
        outputs: { fans: more(value, error) },
        state: { integral },
        reason: `the inlet is ${error.toFixed(1)} K too warm`,
        terms: { error, integral },
      };
    },
  });

/** The next one of it has a setting, an input and an output more; its step looks at what all outputs are bound to. */
export const wider = (): Definition => {
  const before = simple("2.0.0");
  return {
    ...before,
    settings: Type.Object({
      ...before.settings.properties,
      damperLeast: plain({ default: 10, minimum: 0, description: "%." }),
    }),
    inputs: { ...before.inputs, doors: select("type:door").anyWord() },
    outputs: { ...before.outputs, damper: select("type:damper").action("position", { unit: "%" }) },
    failSafe: { fans: 100, damper: 0 },
    step: (context) => {
      const result = before.step(context);
      const dampers = context.applied["damper"]!.map(({ device }) => [device, 10] as const);
      return { ...result, outputs: { ...result.outputs, damper: { each: Object.fromEntries(dampers) } } };
    },
  };
};

export const inletAt = (step: number): number => 24 + 4 * Math.sin(step / 40);

export function frameAt(step: number, at: number, applied: number | undefined): Frame {
  const target: Target = {
    device: "fan-1",
    name: "tray-a.fan-1",
    tags: [],
    mine: true,
    slot: 12,
    ...(applied === undefined ? {} : { value: applied }),
    accepts: { kind: "number", min: 0, max: 100, step: 0.1, unit: "%" },
    held: applied === undefined ? [] : [{ slot: 12, value: applied }],
  };
  const inlet = {
    quality: "good",
    value: inletAt(step),
    age: 400,
    from: "probe-inlet",
    device: "probe",
    tags: [],
  } as const;
  return {
    inputs: { inlet: [inlet] },
    outputs: { fans: [target] },
    dt: 5,
    at,
    localHour: 12,
    wanted: "automatic",
  };
}

/** What a run of a version leaves behind. */
export function recordedRun(
  definition: Definition,
  count: number,
  begin = Date.parse("2031-05-06T07:00:00Z"),
): readonly Numbered<Recorded>[] {
  const engine = createEngine(definition);
  let applied: number | undefined;
  return Array.from({ length: count }, (_, step) => {
    const frame = frameAt(step, begin + step * 5000, applied);
    const { trace } = engine.step(frame);
    const [sent] = trace.outputs;
    if (typeof sent?.sent === "number") applied = sent.sent;
    const { version } = definition;
    return {
      ...trace,
      n: step + 1,
      targets: frame.outputs,
      settings: engine.settings,
      versionId: `simple@${version}`,
      stateVersion: 1,
      ...(step === 0 ? { begins: true as const } : {}),
    };
  });
}
