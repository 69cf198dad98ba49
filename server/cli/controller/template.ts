/** A controller to go on from: fans follow the warmest inlet. The same text is TypeScript and JavaScript. */
export const controllerText = (
  name: string,
): string => `import { celsius, defineController, percent, plain, seconds, select, Type } from "bothy/controllers";

export default defineController({
  name: ${JSON.stringify(name)},
  version: "1.0.0",
  summary: "fans follow the warmest inlet",
  period: seconds(5),
  // Every setting has a range: what breaks it is refused, here and over HTTP.
  settings: Type.Object({
    setpoint: celsius({ default: 24, minimum: 15, maximum: 35, description: "Wanted at the warmest inlet." }),
    gain: plain({ default: 12, minimum: 0, maximum: 50, description: "% of duty per K above it." }),
    least: percent({ default: 25, minimum: 10, description: "Fans never turn slower." }),
  }),
  // Tags, not addresses: the same controller fits every site.
  inputs: { inlet: select("type:temperature", "point:inlet").of("temperature").max() },
  outputs: { fans: select("type:fan").action("speed", { unit: "%", rise: 10, fall: 2 }) },
  // Whenever the inlet is not known, this throws, or it takes too long.
  failSafe: { fans: 100 },
  init: () => ({}),
  // A function of what it is given: no clock, no network, nothing to remember but \`state\`.
  step: ({ inputs, settings, state }) => {
    const above = inputs.inlet.value - settings.setpoint;
    const duty = Math.min(100, Math.max(settings.least, 40 + settings.gain * above));
    return {
      outputs: { fans: duty },
      state,
      reason: \`\${inputs.inlet.from} is \${Math.abs(above).toFixed(1)} K \${above < 0 ? "below" : "above"} \${settings.setpoint} °C\`,
      leader: inputs.inlet.from,
      terms: { above, duty },
    };
  },
});
`;

/** Its test: it runs on a simulated site, hours in a moment. */
export const testText = (name: string, ending: string): string => `import assert from "node:assert/strict";
import { test } from "node:test";
import { minutes, simulatedSite } from "bothy/testing";
import controller from "./${name}.${ending}";

test("${name} keeps the inlet cool, and says why", async () => {
  const site = await simulatedSite({ controllers: { ${JSON.stringify(name)}: controller }, weather: "constant:20" });
  await site.advance(minutes(30));
  const status = site.controllers.get(${JSON.stringify(name)});
  assert.equal(status?.mode, "automatic");
  assert.match(status?.last?.reason ?? "", /24 °C/);
  assert.ok(Number(site.read("probe-inlet.temperature")) < 35);
  await site.stop();
});

test("${name} turns the fans up when it cannot see the inlet, and recovers", async () => {
  const site = await simulatedSite({ controllers: { ${JSON.stringify(name)}: controller } });
  await site.advance(minutes(10));
  for (const probe of ["probe-inlet", "probe-inlet-2", "probe-inlet-3"]) site.fault(\`\${probe} silent for 10m\`);
  await site.advance(minutes(5));
  assert.equal(site.controllers.get(${JSON.stringify(name)})?.mode, "fail-safe");
  await site.advance(minutes(20));
  assert.equal(site.controllers.get(${JSON.stringify(name)})?.mode, "automatic");
  await site.stop();
});
`;
