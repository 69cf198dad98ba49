import assert from "node:assert/strict";
import { test } from "node:test";
import { completeSettings } from "../../controllers/runtime/settings.ts";
import { shapeOf } from "../../controllers/runtime/shape.ts";
import { asBothyError } from "../../devices/errors.ts";
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

test("names that are no names of folders, beats without a pause and holding for ever are refused", () => {
  const faults = told({
    "..": { use: "simple" },
    "": { use: "simple", holdFor: "61m" },
    ["n".repeat(65)]: { use: "simple" },
    ["n".repeat(64)]: { use: "simple" },
    fed: { use: "simple", heartbeat: [{ every: "1s" }, { every: "0s" }, { every: "999ms" }], holdFor: "1h" },
  });
  assert.deepEqual(
    faults.map((fault) => fault.split(";")[0]),
    [
      "controllers...: `..` cannot be the name of a controller",
      "controllers.: `` cannot be the name of a controller",
      "controllers..holdFor: it is longer than 1 h",
      `controllers.${"n".repeat(65)}: the name of a controller has at most 64 characters`,
      "controllers.fed.heartbeat.1.every: it is shorter than 1 s",
      "controllers.fed.heartbeat.2.every: it is shorter than 1 s",
    ],
  );
});

test("however many settings are wrong, people are told some, each as it was given", () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`no${i}`.padEnd(90, "x"), i]));
  const refused = (settings: object): string => {
    try {
      completeSettings(shapeOf(simple()), { ...settings });
      return "";
    } catch (thrown) {
      return asBothyError(thrown, "settings").message;
    }
  };
  const text = refused(many);
  assert.match(text, /there is no setting `no0x+`, .* and 9995 more; there are: setpoint/);
  assert.ok(text.length < 1000, `${text.length} characters`);
  assert.match(refused({ setpoint: Infinity }), /setpoint: Infinity °C is above its maximum 35 °C/);
  assert.match(refused({ setpoint: NaN }), /setpoint: NaN/);
  assert.match(refused({ setpoint: undefined, gain: "x".repeat(500) }), /gain: "x{99}… is no number/);
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
