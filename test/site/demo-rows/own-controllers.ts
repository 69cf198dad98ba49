// Controllers of one's own that go wrong, and nobody else minds.
import assert from "node:assert/strict";
import { seconds } from "../../../devices/clock.ts";
import type { DemoConfig } from "../../support/live-demo.ts";
import { type FaultRow, isCalm } from "../../support/live-rows.ts";
import { fanDuty } from "./fan-duty.ts";

/** A controller of one's own that goes wrong when it is told to. */
export const ownText = `import { defineController, percent, plain, seconds, select, Type } from "bothy/controllers";

export default defineController({
  name: "half-tray",
  version: "1.0.0",
  summary: "half of the fans at one duty",
  period: seconds(3),
  settings: Type.Object({
    duty: percent({ default: 50, description: "Of these fans." }),
    trouble: plain({ default: 0, minimum: 0, maximum: 2, description: "1: it throws. 2: it never ends." }),
  }),
  inputs: { inlet: select("type:temperature", "point:inlet").of("temperature").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 5, fall: 2 }) },
  failSafe: { fans: 80 },
  init: () => ({ steps: 0 }),
  step: ({ settings, state }) => {
    if (settings.trouble === 1) throw new Error("out of its mind");
    while (settings.trouble === 2);
    return { outputs: { fans: settings.duty }, state: { steps: state.steps + 1 }, reason: "as it is set" };
  },
});
`;

/** The two halves of the tray, each with a controller of its own; nobody else commands fans at that rank. */
export function halves(config: DemoConfig): void {
  const tray = config.devices.find(({ alias }) => alias === "tray-a") ?? assert.fail();
  const side = (name: string, fans: readonly number[]): [string, string[]][] =>
    fans.map((fan) => [`fan-${fan}`, [`side:${name}`]]);
  tray.deviceTags = Object.fromEntries([...side("left", [1, 2, 3, 4]), ...side("right", [5, 6, 7, 8])]);
  Reflect.deleteProperty(config.controllers, "fan-zone");
  for (const name of ["left", "right"])
    config.controllers[name] = {
      use: "./controllers/half-tray.ts",
      outputs: { fans: ["type:fan", `side:${name}`] },
    };
}

const trouble =
  (name: string, kind: 1 | 2): FaultRow["begin"] =>
  async (site) => {
    const set = (value: number) =>
      site.send("PATCH", `/api/controllers/${name}/settings`, {
        settings: { trouble: value },
        why: "a test",
      });
    await set(kind);
    return () => set(0);
  };

export const ownWrong = (name: "left" | "right", kind: 1 | 2, says: RegExp): FaultRow => {
  const [mine, others, other] = name === "left" ? [1, 5, "right"] : [5, 1, "left"];
  return {
    name: kind === 1 ? "controller throwing" : "controller looping for ever",
    begin: trouble(name, kind),
    declared: [
      {
        text: "its fans at its fail-safe duty, and nobody else minds",
        within: seconds(20),
        holds: async (seen) =>
          seen.alarms.includes(`${name} fail-safe`) &&
          says.test(seen.reason(name)) &&
          (await fanDuty(seen, mine)) === 80 &&
          (await fanDuty(seen, others)) === 50 &&
          Object.values(seen.controllers).every((one) => one.name === name || one.mode === "automatic"),
      },
    ],
    recovered: {
      text: "automatic again",
      within: seconds(60),
      holds: async (seen) => {
        assert.deepEqual(seen.controllers[other]?.alarms, []);
        return isCalm(seen) && (await fanDuty(seen, mine)) === 50;
      },
    },
    smooth: { controller: name, rise: 5, fall: 2 },
  };
};
