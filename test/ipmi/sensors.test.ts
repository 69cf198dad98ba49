import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { BothyError } from "../../devices/errors.ts";
import { parseRecord, type SdrRecord } from "../../plugins/ipmi/sdr/index.ts";
import {
  decodeReading,
  describeSensors,
  entityText,
  readAll,
  readAllThresholds,
  readEventEnable,
  readEventStatus,
  readHysteresis,
  readSensor,
  readThresholds,
  rearm,
  type Sensor,
  type SensorReading,
  sensorTypeName,
  setEventEnable,
  setHysteresis,
  setThresholds,
  severityOf,
  stateName,
  statesOf,
} from "../../plugins/ipmi/sensors/index.ts";
import { fails, type MockAnswer, mockRequester, silent } from "../support/mock-requester.ts";
import { settle } from "../support/test-clock.ts";
import { bytes, nearly, sdrVectors } from "./vectors/sensors.ts";

/** A recorded record with some bytes replaced, by offset. */
function altered(name: string, changes: Readonly<Record<number, number>> = {}): SdrRecord {
  const vector = sdrVectors.find((one) => one.name === name);
  assert.ok(vector !== undefined, name);
  const record = bytes(vector.hex);
  for (const [offset, byte] of Object.entries(changes)) record[Number(offset)] = byte;
  return parseRecord(record);
}

const sensor = (name: string, changes: Readonly<Record<number, number>> = {}): Sensor =>
  describeSensors([altered(name, changes)])[0]!;
const decode = (of: Sensor, hex: string, options: object = {}): SensorReading =>
  decodeReading(of, bytes(hex), options);
const names = ({ states }: SensorReading): readonly string[] => states.map(({ name }) => name);

test("a shared record is as many sensors as it says", () => {
  const drives = describeSensors([altered("Drive")]);
  assert.deepEqual(
    drives.map(({ name, number, key, entityText: entity }) => [name, number, key, entity]),
    [
      ["Drive0", 24, "20.0.0.18", "drive bay 1"],
      ["Drive1", 25, "20.0.0.19", "drive bay 2"],
      ["Drive2", 26, "20.0.0.1a", "drive bay 3"],
      ["Drive3", 27, "20.0.0.1b", "drive bay 4"],
    ],
  );
  // Letters, from the second on, all of one entity.
  const letters = describeSensors([altered("Drive", { 23: 0x13, 24: 0x01 })]);
  assert.deepEqual(
    letters.map(({ name, entity }) => [name, entity.instance]),
    [
      ["DriveB", 1],
      ["DriveC", 1],
      ["DriveD", 1],
    ],
  );
  const far = describeSensors([altered("Drive", { 23: 0x13, 24: 25 })]);
  assert.deepEqual(
    far.map(({ name }) => name),
    ["DriveZ", "DriveAA", "DriveAB"],
  );
  const none = describeSensors([altered("Drive", { 23: 0 })]);
  assert.deepEqual(
    none.map(({ name }) => name),
    ["Drive"],
  );
  const last = describeSensors([altered("Drive", { 7: 0xfe })]);
  assert.deepEqual(
    last.map(({ number }) => number),
    [0xfe, 0xff],
    "there is no number 256",
  );
});

test("who owns a sensor", () => {
  assert.deepEqual([sensor("Fan 1").target, sensor("Fan 1").unreachable], [undefined, undefined]);
  assert.deepEqual(sensor("Fan 1", { 5: 0x24 }).target, { channel: 0, address: 0x24 });
  assert.deepEqual(sensor("Fan 1", { 6: 0x63 }).target, { channel: 6, address: 0x20 });
  assert.equal(sensor("Fan 1", { 6: 0x63 }).lun, 3);
  const soft = sensor("Fan 1", { 5: 0x41 });
  assert.equal(soft.unreachable, "it belongs to software (id 20h), not to a controller");
  const [assumed] = describeSensors([altered("Fan 1", { 5: 0x41 })], { assumeBmc: true });
  assert.deepEqual([assumed?.target, assumed?.unreachable], [undefined, undefined]);
});

test("of two descriptions of one sensor the first that can be read counts", () => {
  const button = altered("Front Button", { 7: 6 });
  for (const records of [
    [altered("Fan 1"), button],
    [button, altered("Fan 1")],
    [altered("Fan 1"), altered("Fan 2", { 7: 6 })],
  ]) {
    assert.deepEqual(
      describeSensors(records).map(({ name }) => name),
      ["Fan 1"],
    );
  }
});

test("what a sensor is called, and what it belongs to", () => {
  assert.equal(sensor("Inlet Temp").typeText, "temperature");
  assert.equal(sensor("Inlet Temp").entityText, "air inlet 1");
  assert.equal(entityText({ id: 10, instance: 0x62, logical: false }), "power supply 2 of its controller");
  assert.equal(entityText({ id: 0xd4, instance: 1, logical: false }), "OEM D4h 1");
  assert.equal(entityText({ id: 0x91, instance: 1, logical: false }), "chassis-specific 91h 1");
  assert.equal(sensorTypeName(0xc8), "OEM C8h");
  assert.equal(sensorTypeName(0x29), "battery");
  assert.equal(sensorTypeName(0x7f), "reserved 7Fh");
});

test("ranges of a sensor, in the unit of its output", () => {
  const inlet = sensor("Inlet Temp", { 30: 7, 32: 35, 33: 10, 34: 100, 35: 0 });
  const { analog } = inlet;
  assert.deepEqual(
    [analog?.nominal, analog?.normalMaximum, analog?.normalMinimum, analog?.maximum, analog?.minimum],
    [23, 35, 10, 100, 0],
  );
  assert.equal(analog?.step, 1);
  const kelvin = sensor("Inlet Temp", { 21: 3, 31: 200 });
  nearly(kelvin.analog?.nominal, -73.15);
  assert.equal(sensor("Inlet Temp", { 30: 0 }).analog?.nominal, undefined);
  assert.equal(sensor("Airflow").analog?.step, undefined);
});

test("readings that are not there", () => {
  const inlet = sensor("Inlet Temp");
  const code = (hex: string, options?: object): unknown => decode(inlet, hex, options).unavailable?.code;
  assert.equal(code("17c000"), undefined);
  assert.equal(code("1740"), undefined, "events off is nothing to readings");
  assert.equal(code("178000"), "ABSENT");
  assert.match(decode(inlet, "178000").unavailable?.text ?? "", /Inlet Temp.*scanning is off/);
  assert.equal(code("17e000"), "ABSENT");
  assert.equal(code("1780", { ignoreScanning: true }), undefined);
  assert.equal(code("17a0", { ignoreScanning: true }), "ABSENT");
  assert.equal(code("17"), "SHORT_FRAME");
  assert.equal(code(""), "SHORT_FRAME");
  assert.deepEqual(decode(inlet, "17e03f"), {
    unavailable: decode(inlet, "17e0").unavailable,
    states: [],
    crossed: [],
  });
});

test("thresholds as the BMC reports them, as far as its record promises", () => {
  const inlet = sensor("Inlet Temp");
  const crossed = (hex: string): unknown => {
    const { crossed: all, severity } = decode(inlet, hex);
    return [severity, ...all];
  };
  assert.deepEqual(crossed("17c000"), ["ok"]);
  assert.deepEqual(crossed("17c0"), ["ok"]);
  assert.deepEqual(crossed("17c0c0"), ["ok"], "bits 6 and 7 mean nothing");
  assert.deepEqual(crossed("27c0c8"), ["non-critical", "unc"]);
  assert.deepEqual(crossed("2bc0d8"), ["critical", "unc", "uc"]);
  assert.deepEqual(crossed("02c0c3"), ["critical", "lnc", "lc"]);
  assert.deepEqual(
    crossed("00c0ff"),
    ["non-recoverable", "lnc", "unc", "lc", "uc", "unr"],
    "lnr is not promised",
  );
  const silentOnes = sensor("Inlet Temp", { 15: 0, 17: 0 });
  assert.deepEqual(decode(silentOnes, "ffc03f").crossed, []);
  assert.equal(decode(silentOnes, "ffc03f").severity, undefined, "nobody knows of thresholds");
});

test("what the BMC reports is checked where thresholds are known", () => {
  const inlet = sensor("Inlet Temp");
  const thresholds = inlet.thresholds.raw;
  const crossed = (hex: string, more: object = {}): unknown =>
    decode(inlet, hex, { thresholds, ...more }).crossed;
  assert.deepEqual(crossed("2ac000"), ["unc", "uc"], "it missed them");
  assert.deepEqual(crossed("02c000"), ["lnc", "lc"]);
  assert.deepEqual(crossed("26c000"), ["unc"], "at the threshold is beyond it");
  assert.deepEqual(crossed("25c000"), []);
  assert.deepEqual(crossed("25c008"), ["unc"], "hysteresis of 2 keeps it");
  assert.deepEqual(crossed("24c008"), ["unc"]);
  assert.deepEqual(crossed("23c008"), [], "beyond hysteresis: Intel S5000");
  assert.deepEqual(crossed("07c001"), ["lnc"]);
  assert.deepEqual(crossed("08c001"), []);
  assert.deepEqual(crossed("20c008", { hysteresis: { positive: 6, negative: 0 } }), ["unc"]);
  const fixed = sensor("Inlet Temp", { 11: 0x6c });
  assert.equal(fixed.thresholds.access, "fixed");
  assert.deepEqual(decode(fixed, "2ac000").crossed, ["unc", "uc"], "fixed ones are those of the record");
  assert.deepEqual(decode(inlet, "2ac000").crossed, [], "others may have changed since");
});

test("raw is compared with raw, both signed; falling sensors say so", () => {
  const delta = sensor("VRM Delta", { 11: 0x68, 15: 0x10, 17: 0x10, 18: 9, 19: 9, 38: 5, 41: 0xf6, 30: 0 });
  assert.deepEqual(delta.thresholds.raw, { unc: 5, lnc: 0xf6 });
  const thresholds = delta.thresholds.raw;
  assert.deepEqual(decode(delta, "fbc000", { thresholds }).crossed, []);
  assert.deepEqual(decode(delta, "f5c000", { thresholds }).crossed, ["lnc"]);
  assert.deepEqual(decode(delta, "05c000", { thresholds }).crossed, ["unc"]);
  assert.equal(sensor("Tach").analog?.isFalling, true);
  assert.equal(delta.analog?.isFalling, false);
});

test("thresholds beyond the nominal value are nonsense, unless somebody set them", () => {
  const inlet = sensor("Inlet Temp", { 38: 20 });
  const thresholds = inlet.thresholds.raw;
  assert.deepEqual(decode(inlet, "17c008", { thresholds }).crossed, []);
  assert.deepEqual(decode(inlet, "2ac018", { thresholds }).crossed, ["uc"]);
  assert.deepEqual(decode(inlet, "17c008", { thresholds: { ...thresholds, unc: 21 } }).crossed, ["unc"]);
  const unfilled = sensor("Inlet Temp", { 31: 0 });
  assert.deepEqual(decode(unfilled, "01c003", { thresholds: unfilled.thresholds.raw }).crossed, [
    "lnc",
    "lc",
  ]);
});

test("states have names, and are masked by the record", () => {
  const supply = sensor("PSU1 Status");
  assert.deepEqual(names(decode(supply, "00c001")), ["present"]);
  assert.deepEqual(names(decode(supply, "00c00b80")), ["present", "failed", "input lost"]);
  assert.deepEqual(
    names(decode(supply, "00c0ff7f")),
    ["present", "failed", "input lost"],
    "bits not in the mask",
  );
  assert.deepEqual(names(decode(supply, "00c0")), []);
  assert.equal(decode(supply, "00c000").severity, "ok", "good may be no bit at all");
  assert.equal(decode(supply, "00c001").severity, "ok");
  assert.equal(decode(supply, "00c009").severity, "critical");
  assert.equal(decode(sensor("ACPI State"), "00c001").severity, undefined);
  assert.equal(decode(supply, "37c001").value, undefined, "the raw byte means nothing");
  assert.equal(sensor("PSU1 Status", { 18: 0, 19: 0 }).stateMask, 0x0b, "events tell when the mask is empty");
  const oem = sensor("PSU1 Status", { 13: 0x70 });
  assert.equal(oem.class, "oem");
  assert.deepEqual(names(decode(oem, "00c003")), ["state-0", "state-1"]);
  assert.equal(decode(oem, "00c003").severity, undefined);
});

test("an analog value in a discrete sensor, as HP has it", () => {
  const odd = sensor("Fan 1", { 13: 0x0a, 18: 0x0f, 19: 0 });
  assert.equal(odd.class, "discrete");
  const reading = decode(odd, "78c001");
  assert.equal(reading.value, 7200);
  assert.deepEqual(names(reading), ["running"]);
  assert.equal(sensor("Fan 1", { 13: 0x0a, 21: 0 }).analog, undefined, "no unit, no value");
  assert.equal(sensor("Fan 1", { 20: 0xc0 }).analog, undefined, "no format, no value");
});

test("each table of states", () => {
  const first = (eventType: number, type = 0x01): string => stateName({ type, eventType }, 0);
  assert.deepEqual(
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((code) => first(code)),
    [
      ...["idle", "deasserted", "no failure predicted", "limit not exceeded", "performance met", "ok"],
      ...["device absent", "device disabled", "running", "fully redundant", "D0"],
    ],
  );
  assert.equal(stateName({ type: 0x08, eventType: 0x6f }, 3), "input lost");
  assert.equal(stateName({ type: 0x23, eventType: 0x6f }, 8), "about to expire");
  assert.equal(stateName({ type: 0x23, eventType: 0x6f }, 5), "state-5");
  assert.equal(stateName({ type: 0xc5, eventType: 0x6f }, 2), "state-2");
  assert.equal(stateName({ type: 0x01, eventType: 0x01 }, 2), "state-2");
  for (let type = 0; type < 256; type++)
    for (const eventType of [0x6f, type & 0x7f]) {
      const all = statesOf({ type, eventType }, 0xffff);
      assert.deepEqual(
        all.map(({ bit }) => bit),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
      );
      assert.equal(new Set(all.map(({ name }) => name)).size, 15, "no two of one sensor are called the same");
      for (const { name } of all) assert.match(name, /^[A-Za-z0-9][^!~]*$/);
    }
  const redundancy = { type: 0x09, eventType: 0x0b };
  assert.equal(severityOf(redundancy, statesOf(redundancy, 0b100)), "non-critical");
  assert.equal(severityOf(redundancy, statesOf(redundancy, 0b110)), "critical");
});

test("asking a sensor, its controller, and one that only sends events", async () => {
  const requester = mockRequester(() => "17c00000");
  assert.equal((await readSensor(requester, sensor("Inlet Temp"))).value, 23);
  const far = sensor("Inlet Temp", { 5: 0x24, 6: 0x12 });
  await readSensor(requester, far, { priority: 1 });
  assert.deepEqual(requester.sent, ["04/2d 01", "04/2d 01"]);
  const [near, bridged] = requester.requests;
  assert.deepEqual([near?.lun, near?.target, near?.priority], [0, undefined, undefined]);
  assert.deepEqual([bridged?.lun, bridged?.target, bridged?.priority], [2, { channel: 1, address: 0x24 }, 1]);
  const button = await readSensor(requester, sensor("Front Button"));
  assert.deepEqual(button.unavailable, {
    code: "NOT_READABLE",
    text: "Front Button cannot be read: it only sends events",
  });
  const soft = await readSensor(requester, sensor("Fan 1", { 5: 0x41 }));
  assert.equal(soft.unavailable?.code, "NOT_READABLE");
  await assert.rejects(rearm(requester, sensor("Fan 1", { 5: 0x41 })), fails("NO_PATH"));
  assert.equal(requester.sent.length, 2);
});

test("a sensor that is not there leaves the others alone", async () => {
  for (const code of [0xc1, 0xc3, 0xc9, 0xcb, 0xcc, 0xcd, 0xce, 0xd3, 0xd5, 0xd6, 0xff]) {
    const requester = mockRequester((line) => (line.endsWith("06") ? code : "17c00000"));
    const [inlet, fan] = await readAll(requester, [sensor("Inlet Temp"), sensor("Fan 1")]);
    assert.equal(inlet?.value, 23);
    assert.equal(fan?.completion, code);
    assert.match(fan.unavailable?.text ?? "", new RegExp(`${code.toString(16)}h`, "iu"));
  }
});

test("all are asked at once; nobody answering is an error of the whole", async () => {
  const sensors = [...sdrVectors.entries()]
    .filter(([, { sensorNumber }]) => sensorNumber !== undefined)
    .flatMap(([, { hex }]) => describeSensors([parseRecord(bytes(hex))]));
  let waiting = 0;
  let most = 0;
  const slow = mockRequester(async (): Promise<MockAnswer> => {
    most = Math.max(most, ++waiting);
    await settle();
    waiting--;
    return "00c00000";
  });
  assert.equal((await readAll(slow, sensors)).length, sensors.length);
  assert.equal(most, 28);
  await assert.rejects(
    readAll(
      mockRequester(() => silent()),
      sensors,
    ),
    fails("NO_ANSWER"),
  );
  const some = mockRequester((line) => (line.endsWith("06") ? silent() : "17c00000"));
  const [inlet, fan] = await readAll(some, [sensor("Inlet Temp"), sensor("Fan 1")]);
  assert.equal(inlet?.value, 23);
  assert.equal(fan?.unavailable?.code, "NO_ANSWER");
  assert.deepEqual(
    await readAll(
      mockRequester(() => silent()),
      [],
    ),
    [],
  );
  const [button] = await readAll(
    mockRequester(() => silent()),
    [sensor("Front Button")],
  );
  assert.equal(button?.unavailable?.code, "NOT_READABLE");
});

test("a sensor that is not linear: its factors are asked for with each reading", async () => {
  const odd = sensor("Inlet Temp", { 23: 0x70 });
  assert.equal(decode(odd, "17c000").noValue?.code, "NOT_A_NUMBER");
  const requester = mockRequester((line) => (line.startsWith("04/23") ? "1802000a000000" : "17c00000"));
  const reading = await readSensor(requester, odd);
  assert.deepEqual(requester.sent, ["04/2d 01", "04/23 0117"]);
  assert.equal(reading.value, 2 * 23 + 10);
  const refusing = mockRequester((line) => (line.startsWith("04/23") ? 0xc1 : "17c00000"));
  const without = await readSensor(refusing, odd);
  assert.deepEqual([without.value, without.raw, without.noValue?.code], [undefined, 0x17, "UNSUPPORTED"]);
  const short = mockRequester((line) => (line.startsWith("04/23") ? "1802" : "17c00000"));
  assert.equal((await readSensor(short, odd)).noValue?.code, "SHORT_FRAME");
  const gone = mockRequester((line) => (line.startsWith("04/23") ? silent() : "17c00000"));
  await assert.rejects(readSensor(gone, odd), fails("NO_ANSWER"));
});

test("thresholds in force, or those of the record", async () => {
  const inlet = sensor("Inlet Temp");
  const told = mockRequester(() => "3b0604000000002a2e".slice(0, 14));
  const { raw, values } = await readThresholds(told, inlet);
  assert.deepEqual(told.sent, ["04/27 01"]);
  assert.deepEqual(raw, { lnc: 6, lc: 4, unc: 0, uc: 0, unr: 0 });
  assert.deepEqual(values, raw);
  const short = await readThresholds(
    mockRequester(() => "3b06"),
    inlet,
  );
  assert.deepEqual(short.raw, { lnc: 6 });
  for (const answer of [0xc1, 0xcd, ""]) {
    const refused = await readThresholds(
      mockRequester(() => answer),
      inlet,
    );
    assert.deepEqual(refused.raw, inlet.thresholds.raw);
  }
  const quiet = mockRequester(() => undefined);
  assert.deepEqual((await readThresholds(quiet, sensor("VRM Delta"))).raw, {});
  assert.deepEqual((await readThresholds(quiet, sensor("Inlet Temp", { 11: 0x6c }))).values.unc, 38);
  assert.deepEqual(quiet.sent, [], "none, or fixed ones");
  await assert.rejects(
    readThresholds(
      mockRequester(() => silent()),
      inlet,
    ),
    fails("NO_ANSWER"),
  );
  const all = await readAllThresholds(told, [
    inlet,
    sensor("VRM Delta"),
    sensor("PSU1 Status"),
    sensor("Fan 1"),
  ]);
  assert.deepEqual([...all.keys()], ["20.0.0.1", "20.0.0.6"]);
  const behind = sensor("Inlet Temp", { 5: 0x24 });
  const deaf = mockRequester((_line, _data, { target }) => (target === undefined ? "0105" : silent()));
  assert.deepEqual([...(await readAllThresholds(deaf, [behind, inlet])).keys()], ["20.0.0.1"]);
  await assert.rejects(
    readAllThresholds(
      mockRequester(() => silent()),
      [inlet],
    ),
    fails("NO_ANSWER"),
  );
});

test("thresholds of a sensor that is not linear have factors of their own", async () => {
  const odd = sensor("Inlet Temp", { 23: 0x71 });
  const requester = mockRequester((line) =>
    line.startsWith("04/27") ? "0905000000260000" : line.endsWith("05") ? 0xcc : "0003000000000000",
  );
  assert.deepEqual(await readThresholds(requester, odd), { raw: { lnc: 5, unc: 0 }, values: { unc: 0 } });
});

test("setting thresholds: to the nearest raw byte, only those that are", async () => {
  const requester = mockRequester(() => "");
  const set = await setThresholds(requester, sensor("CPU2 Temp"), { unc: 81.2, unr: 99 });
  assert.deepEqual(requester.sent, ["04/26 0328000000a200c6"]);
  assert.deepEqual(set, { raw: { unc: 162, unr: 198 }, values: { unc: 81, unr: 99 } });
  const fahrenheit = sensor("Inlet Temp", { 21: 2 });
  await setThresholds(requester, fahrenheit, { uc: 40 });
  assert.equal(requester.sent[1], "04/26 01100000000068" + "00", "104 °F");
  await setThresholds(requester, fahrenheit, {});
  assert.equal(requester.sent.length, 2);
  await assert.rejects(setThresholds(requester, sensor("CPU2 Temp"), { lc: 3 }), fails("NOT_WRITABLE"));
  await assert.rejects(setThresholds(requester, sensor("PSU1 Status"), { lc: 3 }), fails("NOT_WRITABLE"));
  await assert.rejects(
    setThresholds(requester, sensor("CPU2 Temp", { 11: 0x64 }), { uc: 3 }),
    fails("NOT_WRITABLE"),
  );
  await assert.rejects(setThresholds(requester, sensor("CPU2 Temp"), { uc: 128 }), (thrown) => {
    assert.ok(thrown instanceof BothyError, "ours");
    assert.equal(thrown.message, "CPU2 Temp uc: 128 is outside 0..127.5 C");
    return true;
  });
  await assert.rejects(setThresholds(requester, sensor("CPU2 Temp"), { uc: -1 }), fails("OUT_OF_RANGE"));
  assert.equal(requester.sent.length, 2);
});

test("hysteresis, in the unit of the output", async () => {
  const cpu = sensor("CPU2 Temp", { 11: 0x68 });
  const requester = mockRequester((line) => (line.startsWith("04/25") ? "0204" : ""));
  assert.deepEqual(await readHysteresis(requester, cpu), {
    raw: { positive: 2, negative: 4 },
    values: { positive: 1, negative: 2 },
  });
  assert.deepEqual((await setHysteresis(requester, cpu, { positive: 1.6, negative: 0 })).raw, {
    positive: 3,
    negative: 0,
  });
  assert.deepEqual(requester.sent, ["04/25 03ff", "04/24 03ff0300"]);
  const kelvin = sensor("CPU2 Temp", { 21: 2 });
  const { values } = await readHysteresis(requester, kelvin);
  nearly(values?.positive, 5 / 9, "degrees Fahrenheit, without their offset");
  await assert.rejects(
    setHysteresis(requester, sensor("Airflow"), { positive: 1, negative: 1 }),
    fails("NOT_WRITABLE"),
  );
  await assert.rejects(setHysteresis(requester, cpu, { positive: -1, negative: 1 }), fails("OUT_OF_RANGE"));
  await assert.rejects(setHysteresis(requester, cpu, { positive: 1, negative: 200 }), fails("OUT_OF_RANGE"));
  await assert.rejects(
    readHysteresis(
      mockRequester(() => "02"),
      cpu,
    ),
    fails("SHORT_FRAME"),
  );
});

test("events: which are sent, which are active, and forgetting them", async () => {
  const fan = sensor("Fan 1");
  const requester = mockRequester((line) => (/^04\/2[9b]/u.test(line) ? "c00102800" + "3" : ""));
  assert.deepEqual(await readEventEnable(requester, fan), {
    events: true,
    scanning: true,
    assert: 0x0201,
    deassert: 0x0380,
  });
  assert.equal(
    (
      await readEventStatus(
        mockRequester(() => "60"),
        fan,
      )
    ).unavailable,
    true,
  );
  await setEventEnable(requester, fan, { events: true, scanning: true });
  const masks = { assert: 0x0201, deassert: 0x0080 };
  await setEventEnable(requester, fan, { events: false, scanning: true, change: "enable", masks });
  await setEventEnable(requester, fan, { events: true, scanning: false, change: "disable", masks });
  await rearm(requester, fan);
  await rearm(requester, fan, masks);
  assert.deepEqual(requester.sent.slice(1), [
    ...["04/28 06c0", "04/28 065001028000", "04/28 06a001028000"],
    ...["04/2a 0600", "04/2a 068001028000"],
  ]);
  const insisting = mockRequester((line) => (line.length <= 10 ? 0x80 : ""));
  await setEventEnable(insisting, fan, { events: true, scanning: true });
  assert.deepEqual(insisting.sent, ["04/28 06c0", "04/28 06d000000000"]);
  await assert.rejects(
    setEventEnable(
      mockRequester(() => 0xd4),
      fan,
      { events: true, scanning: true },
    ),
    fails("REFUSED"),
  );
});

const anySensor = fc
  .tuple(
    fc.constantFrom(...sdrVectors.filter(({ sensorNumber }) => sensorNumber !== undefined)),
    fc.uint8Array({ maxLength: 8 }),
  )
  .map(([{ hex }, noise]) => {
    const record = bytes(hex);
    noise.forEach((byte, n) => (record[5 + ((byte * 31 + n * 17) % (record.length - 5))] = byte));
    return describeSensors([parseRecord(record)])[0];
  })
  .filter((one) => one !== undefined);

test("whatever a BMC answers: a reading, or an error of ours", async () => {
  await fc.assert(
    fc.asyncProperty(
      anySensor,
      fc.array(fc.uint8Array({ maxLength: 10 }), { minLength: 8, maxLength: 8 }),
      async (of, answers) => {
        let turn = 0;
        const requester = mockRequester(() => answers[turn++ % answers.length]);
        const thresholds = await readAllThresholds(requester, [of]);
        const reading = await readSensor(requester, of, { thresholds });
        assert.equal(reading.value === undefined || Number.isFinite(reading.value), true);
        assert.equal(reading.unavailable === undefined || reading.value === undefined, true);
        assert.equal(
          of.analog === undefined ||
            reading.raw === undefined ||
            (reading.value === undefined) === (reading.noValue !== undefined),
          true,
        );
        for (const work of [readHysteresis, readEventEnable, readEventStatus]) {
          await work(requester, of).catch((thrown: unknown) => {
            assert.equal(thrown instanceof BothyError, true);
          });
        }
      },
    ),
    { numRuns: 500 },
  );
});
