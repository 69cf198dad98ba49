import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reading } from "../../../client/index.ts";
import { displayWidth } from "../show/width.ts";
import { listLines, screenOf } from "./output.ts";
import { type NamedReading, readingFields } from "./reading-fields.ts";
import { ageText, roundedValue } from "./texts.ts";
import { type Watched, watchLines } from "./watch.ts";

const now = Date.parse("2031-05-06T07:10:09Z");

const reading = (name: string, type: string, more: Partial<Reading>): NamedReading => ({
  name,
  reading: {
    device: "4fd0649e-0000-4000-8000-000000000001",
    timestamp: "2031-05-06T07:10:06Z",
    type,
    device_type: "fan",
    device_info: "",
    unit: null,
    context: {},
    quality: "good",
    value: 1,
    ...more,
  } as Reading,
});

const rows: readonly NamedReading[] = [
  reading("tray-a.fan-1", "frequency", { value: 2010.123456789, unit: { name: "", symbol: "RPM" } }),
  reading("probe-inlet.temperature", "temperature", { value: 23.5, unit: { name: "celsius", symbol: "C" } }),
  reading("probe-inlet.temperature", "temperature-difference", {
    value: 0,
    context: { channel: "correction" },
    unit: { name: "", symbol: "K" },
  }),
  reading("dc-1.battery", "voltage", {
    quality: "bad",
    value: null,
    timestamp: "2031-05-06T05:00:00Z",
    reason: { code: "NO_ANSWER", text: "unit 3 did not answer\x1b[2J within 300 ms" },
    unit: { name: "volt", symbol: "V" },
  }),
];

const shown = (width: number): readonly string[] =>
  listLines(
    readingFields(() => now),
    rows,
    {},
    { width, people: true, colour: false },
  ).map((line) => line.trimEnd());

test("readings on a terminal of 200 columns", () => {
  assert.deepEqual(shown(200), [
    "DEVICE                   TYPE                    CHANNEL      VALUE  UNIT  QUALITY  AGE  REASON",
    "tray-a.fan-1             frequency                           2010.1  RPM   good     3 s",
    "probe-inlet.temperature  temperature                           23.5  °C    good     3 s",
    "probe-inlet.temperature  temperature-difference  correction       0  K     good     3 s",
    "dc-1.battery             voltage                                     V     bad      2 h  unit 3 did not answer·[2J within 300 ms",
  ]);
});

test("readings on a terminal of 80 columns", () => {
  assert.deepEqual(shown(80), [
    "DEVICE                   TYPE    CHANNEL    VALUE  UNIT  QUALITY  REASON",
    "tray-a.fan-1             frequ…            2010.1  RPM   good",
    "probe-inlet.temperature  tempe…              23.5  °C    good",
    "probe-inlet.temperature  tempe…  correct…       0  K     good",
    "dc-1.battery             volta…                    V     bad      unit 3 did not",
    "                                                                  answer·[2J",
    "                                                                  within 300 ms",
  ]);
});

test("readings on a terminal of 40 columns", () => {
  assert.deepEqual(shown(40), [
    "DEVICE          CHAN…   VALUE  UN…  QUA…",
    "tray-a.fan-1           2010.1  RPM  good",
    "probe-inlet.             23.5  °C   good",
    "temperature",
    "probe-inlet.    corr…       0  K    good",
    "temperature",
    "dc-1.battery                   V    bad",
  ]);
});

test("in a pipe nothing is cut, rounded, or left empty", () => {
  const lines = listLines(
    readingFields(() => now),
    rows,
    {},
    { width: Infinity, people: false, colour: false },
  );
  assert.deepEqual(lines, [
    "DEVICE                   TYPE                    CHANNEL              VALUE  UNIT  QUALITY  TIMESTAMP             REASON                                   ID\n",
    "tray-a.fan-1             frequency               -           2010.123456789  RPM   good     2031-05-06T07:10:06Z  -                                        4fd0649e-0000-4000-8000-000000000001\n",
    "probe-inlet.temperature  temperature             -                     23.5  C     good     2031-05-06T07:10:06Z  -                                        4fd0649e-0000-4000-8000-000000000001\n",
    "probe-inlet.temperature  temperature-difference  correction               0  K     good     2031-05-06T07:10:06Z  -                                        4fd0649e-0000-4000-8000-000000000001\n",
    "dc-1.battery             voltage                 -                        -  V     bad      2031-05-06T05:00:00Z  unit 3 did not answer·[2J within 300 ms  4fd0649e-0000-4000-8000-000000000001\n",
  ]);
});

test("what devices say cannot move the cursor, and colours are asked for", () => {
  const plain = listLines(
    readingFields(() => now),
    rows,
    {},
    { width: 200, people: true, colour: false },
  ).join("");
  assert.doesNotMatch(plain, /\x1b/);
  const colourful = listLines(
    readingFields(() => now),
    rows,
    {},
    { width: 200, people: true, colour: true },
  ).join("");
  assert.match(colourful, /\x1b\[31mbad/);
  assert.doesNotMatch(colourful, /\x1b\[2J/);
});

test("NO_COLOR, dumb terminals and pipes have no colours; only pipes no width", () => {
  const terminal = { isTTY: true, columns: 70 };
  assert.deepEqual(screenOf(terminal, { TERM: "xterm" }), { people: true, width: 70, colour: true });
  assert.deepEqual(screenOf(terminal, { TERM: "xterm", NO_COLOR: "1" }), {
    people: true,
    width: 70,
    colour: false,
  });
  assert.deepEqual(screenOf(terminal, { TERM: "dumb" }), { people: true, width: 70, colour: false });
  assert.deepEqual(screenOf({}, { TERM: "xterm" }), { people: false, width: Infinity, colour: false });
});

test("a frame of watch fits at every width, and says what is not good", () => {
  const watched = rows.map((row): Watched => ({ ...row, history: [1, 2, undefined, 3] }));
  for (let width = 1; width < 200; width++) {
    const { head, body } = watchLines({ url: "http://hut", now, notice: "" }, watched, {
      width,
      people: true,
      colour: false,
    });
    assert.ok([...head, ...body].every((line) => displayWidth(line) <= width));
  }
  const { head, body } = watchLines({ url: "http://hut", now, notice: "… lost" }, watched, {
    width: 120,
    people: true,
    colour: false,
  });
  assert.equal(head[0], "http://hut  4 values, 1 not good  … lost");
  assert.match(body[0] ?? "", /^tray-a\.fan-1 +frequency +2010\.1 +RPM +▁▅ █ +good +3 s$/);
});

test("a trend that has grown long is still shown on a narrow terminal", () => {
  const [row] = rows;
  assert.ok(row !== undefined);
  const history = Array.from({ length: 60 }, (_, i) => i % 8);
  const { body } = watchLines({ url: "http://hut", now, notice: "" }, [{ ...row, history }], {
    width: 60,
    people: true,
    colour: false,
  });
  assert.match(body[0] ?? "", /[▁▂▃▄▅▆▇█]{7} /u);
});

test("ages are in one unit, values have the digits that say something", () => {
  const ages = [-5, 999, 119_000, 120_000, 7_199_000, 7_200_000, 172_799_000, 172_800_000].map(ageText);
  assert.deepEqual(ages, ["0 s", "0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"]);
  const values = [21.299999237060547, 0.000123456, 123456789, 1e21, 2n ** 64n, true, "on", null].map(
    roundedValue,
  );
  assert.deepEqual(values, [
    "21.3",
    "0.00012346",
    "123456789",
    "1e+21",
    "18446744073709551616",
    "true",
    "on",
    "",
  ]);
});
