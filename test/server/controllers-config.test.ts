import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerFaults } from "../../server/controllers/faults.ts";
import { readConfig } from "../../server/config.ts";
import { simple } from "../control/second-version.ts";

const told = (section: unknown): readonly string[] =>
  controllerFaults(section, [simple()]).map(
    ({ path, message, remedy }) => `${path.join(".")}: ${message}; ${remedy}`,
  );

test("what is right has no fault", () => {
  const section = {
    fans: {
      use: "simple",
      where: ["zone:cold"],
      inputs: { inlet: ["type:temperature"] },
      outputs: { fans: ["type:fan"] },
      settings: { setpoint: 25 },
    },
    mine: { use: "./controllers/mine.ts", settings: { anything: 1 } },
  };
  assert.deepEqual(told(section), []);
  assert.deepEqual(controllerFaults(undefined), []);
  assert.deepEqual(controllerFaults({ fans: 7 }), []);
});

test("each fault names its path, the limit that was broken, and a remedy", () => {
  const faults = told({
    a: { use: "simpel" },
    b: { use: "simple", settings: { setpoint: 99, setpont: 24, gain: "much" } },
    c: { use: "simple", inputs: { outlet: ["point:outlet"] }, where: ["zone: cold:x y"] },
  });
  assert.equal(faults.length, 6);
  assert.match(faults[0] ?? "", /^controllers\.a\.use: there is no controller `simpel`; write `simple`$/);
  assert.match(
    faults[1] ?? "",
    /^controllers\.b\.settings\.setpoint: .*99 °C is above its maximum 35 °C; write a value within 15\.\.35 °C/,
  );
  assert.match(
    faults[2] ?? "",
    /^controllers\.b\.settings\.setpont: there is no setting `setpont`.*; write `setpoint`$/,
  );
  assert.match(faults[3] ?? "", /^controllers\.b\.settings\.gain: /);
  assert.match(faults.slice(4).join("\n"), /controllers\.c\.where\.0: .* is no tag/);
  assert.match(
    faults.slice(4).join("\n"),
    /controllers\.c\.inputs\.outlet: the controller has no `outlet` there; there are inlet/,
  );
});

const file = (controllers: string): string => `
site: { id: hut }
buses: { line: { plugin: none } }
${controllers}
`;

test("the schema refuses what is no controller, by line", () => {
  const { faults } = readConfig(
    file(
      "controllers:\n  fans: { uses: fan-zone }\n  dx: { use: ./mine.js, holdFor: 30 }\ntrace: { megabytes: 0 }",
    ),
    "hut.yaml",
    [],
    {},
  );
  const places = faults.map(({ path, line }) => `${line} ${path}`);
  assert.ok(places.some((place) => place.startsWith("5 controllers.fans")));
  assert.ok(places.includes("6 controllers.dx.holdFor"));
  assert.ok(places.includes("7 trace.megabytes"));
});
