import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseRecord, type SdrRecord, thresholdNames } from "../../plugins/ipmi/sdr/index.ts";
import { inOutput } from "../../plugins/ipmi/sensors/analog.ts";
import { describeSensors } from "../../plugins/ipmi/sensors/index.ts";
import { thresholdValues } from "../../plugins/ipmi/sensors/thresholds.ts";
import { hysteresisOf } from "../../plugins/ipmi/sensors/hysteresis.ts";
import { decodeReading } from "../../plugins/ipmi/sensors/decode.ts";
import { bytes, nearly, type SdrVector, sdrVectors } from "./vectors/sensors.ts";

const hex = (text: string | undefined): number => Number.parseInt(text ?? "", 16);
const record = (text: string): SdrRecord => parseRecord(bytes(text));

for (const vector of sdrVectors) {
  test(`recorded: ${vector.recordId} ${vector.recordType} ${vector.name ?? ""}`, () => {
    const parsed = record(vector.hex);
    assert.equal(parsed.recordId, vector.recordId);
    assert.equal(parsed.type, hex(vector.recordType));
    const check = {
      "01": sensor,
      "02": sensor,
      "03": sensor,
      "08": association,
      "11": fru,
      "12": controller,
    };
    const kind = vector.recordType.slice(0, 2);
    (kind === "C0" ? oem : check[kind as keyof typeof check])(parsed, vector);
  });
}

function sensor(parsed: SdrRecord, vector: SdrVector): void {
  assert.ok(parsed.kind === "full" || parsed.kind === "compact" || parsed.kind === "event-only");
  assert.equal(parsed.owner, hex(vector.ownerId));
  assert.equal(parsed.lun, vector.ownerLun);
  assert.equal(parsed.channel, vector.channel);
  assert.equal(parsed.number, vector.sensorNumber);
  assert.deepEqual(parsed.entity, { id: vector.entityId, instance: vector.entityInstance, logical: false });
  assert.equal(parsed.sensorType, vector.sensorType);
  assert.equal(parsed.eventType, hex(vector.eventReadingType));
  assert.equal(parsed.name, vector.name);
  if (parsed.kind === "full") full(parsed, vector);
  else {
    assert.equal(parsed.sharing.count, vector.shareCount);
    if (parsed.kind === "compact") {
      assert.equal(parsed.sharing.suffix, vector.shareModifierType === "numeric" ? "number" : "letter");
      assert.equal(parsed.sharing.offset, vector.shareModifierOffset);
      assert.equal(parsed.sharing.entityIncrements, vector.entityInstanceIncrements);
    }
  }
  reading(parsed, vector);
}

function full(parsed: SdrRecord & { kind: "full" }, vector: SdrVector): void {
  assert.equal(parsed.units.percent, vector.unitPercent);
  assert.equal(parsed.units.base, vector.baseUnit);
  assert.equal(parsed.format, ["unsigned", "ones-complement", "twos-complement"][vector.analogFormat ?? 0]);
  assert.equal(parsed.linearization, vector.linearization);
  const { m, b, rExponent, bExponent } = parsed.factors;
  assert.deepEqual([m, b, rExponent, bExponent], [vector.m, vector.b, vector.rExp, vector.bExp]);
  assert.equal(parsed.readingMask & 0xff, hex(vector.thresholdsReadable));
  assert.equal(parsed.readingMask >> 8, hex(vector.thresholdsSettable));
}

/** The reading and the thresholds, in the unit of the sensor itself: none of those recorded needs another. */
function reading(parsed: SdrRecord, vector: SdrVector): void {
  const [described] = describeSensors([parsed]);
  assert.ok(described);
  if (vector.thresholds !== undefined) {
    const values = thresholdValues(described.analog, described.thresholds.raw);
    assert.deepEqual(Object.keys(values).sort(), Object.keys(vector.thresholds).sort());
    for (const name of thresholdNames) {
      assert.equal(described.thresholds.raw[name], vector.thresholds[name]?.raw);
      nearly(values[name] ?? 0, vector.thresholds[name]?.value ?? 0);
    }
  }
  if (vector.hysteresis !== undefined) {
    const { raw, values } = hysteresisOf(described);
    const { positiveRaw, negativeRaw, positive, negative } = vector.hysteresis;
    assert.deepEqual(raw, { positive: positiveRaw, negative: negativeRaw });
    nearly(values?.positive, positive);
    nearly(values?.negative, negative);
  }
  if (vector.reading === undefined) {
    assert.equal(described.eventOnly, true);
    return;
  }
  const said = decodeReading(described, bytes(vector.reading.response).subarray(1));
  assert.equal(said.unavailable, undefined);
  assert.equal(said.raw, vector.reading.raw);
  if (vector.reading.value === undefined) assert.equal(said.value, undefined);
  else nearly(said.value, inOutput(described.analog?.quantity ?? assert.fail(), vector.reading.value));
  assert.deepEqual(
    said.states.map(({ bit }) => bit),
    vector.reading.states ?? [],
  );
}

function association(parsed: SdrRecord, vector: SdrVector): void {
  assert.ok(parsed.kind === "association");
  assert.deepEqual([parsed.container.id, parsed.container.instance], vector.containerEntity);
  assert.equal(parsed.isRange, vector.isRange);
  assert.deepEqual(
    parsed.contained.map(({ id, instance }) => [id, instance]),
    vector.contained,
  );
}

function fru(parsed: SdrRecord, vector: SdrVector): void {
  assert.ok(parsed.kind === "fru-locator");
  assert.equal(parsed.accessAddress, hex(vector.accessAddress));
  assert.equal(parsed.fruId, vector.fruId);
  assert.equal(parsed.isLogical, vector.logical);
  assert.deepEqual(parsed.entity, { id: vector.entityId, instance: vector.entityInstance, logical: false });
  assert.equal(parsed.name, vector.name);
}

function controller(parsed: SdrRecord, vector: SdrVector): void {
  assert.ok(parsed.kind === "controller-locator");
  assert.equal(parsed.slaveAddress, hex(vector.slaveAddress));
  assert.equal(parsed.capabilities, hex(vector.capabilities));
  assert.deepEqual(parsed.entity, { id: vector.entityId, instance: vector.entityInstance, logical: false });
  assert.equal(parsed.name, vector.name);
}

function oem(parsed: SdrRecord, vector: SdrVector): void {
  assert.ok(parsed.kind === "oem");
  assert.equal(parsed.manufacturer, vector.manufacturer);
  assert.equal(Buffer.from(parsed.data).toString("hex"), vector.oemData);
}

test("types that were not recorded, worked out by hand", () => {
  const relative = record(`02005109150a012010a022101d0124201d020000000000000000`);
  assert.deepEqual(relative, {
    kind: "association",
    recordId: 2,
    type: 9,
    container: { id: 10, instance: 1, address: 0x20, channel: 1 },
    isRange: true,
    isLinked: false,
    presenceAssumed: true,
    contained: [
      { address: 0x22, channel: 1, id: 29, instance: 1 },
      { address: 0x24, channel: 2, id: 29, instance: 2 },
      { address: 0, channel: 0, id: 0, instance: 0 },
      { address: 0, channel: 0, id: 0, instance: 0 },
    ],
  });
  const generic = record("0300511010" + "20a56a01000900078200c4" + "54656d70" + "00");
  assert.deepEqual(generic, {
    kind: "generic-locator",
    recordId: 3,
    type: 0x10,
    accessAddress: 0x20,
    slaveAddress: 0xa4,
    channel: 11,
    lun: 1,
    bus: 2,
    span: 1,
    deviceType: 9,
    modifier: 0,
    entity: { id: 7, instance: 2, logical: true },
    oem: 0,
    name: "Temp",
  });
  const chip = record("040051110b20a0191000100007010000" + "c0");
  assert.ok(chip.kind === "fru-locator");
  assert.deepEqual(
    [chip.isLogical, chip.slaveAddress, chip.fruId, chip.channel, chip.lun, chip.bus],
    [false, 0xa0, 0, 1, 3, 1],
  );
});

test("what is not looked into is kept whole", () => {
  const other = record("0700511406aabbccddeeff99");
  assert.deepEqual(other, {
    kind: "other",
    recordId: 7,
    type: 0x14,
    bytes: bytes("0700511406aabbccddeeff"),
  });
});

test("what is too short says so, and a name may be missing", () => {
  const short = record("0500510103200001");
  assert.ok(short.kind === "faulty");
  assert.equal(short.fault, "8 bytes, too few for type 01h");
  const cut = record("050051013520");
  assert.ok(cut.kind === "faulty");
  assert.equal(cut.fault, "6 bytes of 58");
  const nothing = record("0500");
  assert.ok(nothing.kind === "faulty");
  assert.equal(nothing.fault, "2 bytes, less than the head of a record");
  const [vector] = sdrVectors.filter(({ name }) => name === "Fan 1");
  const nameless = record(`0a00510129${vector?.hex.slice(10, 92) ?? ""}`);
  assert.ok(nameless.kind === "full");
  assert.equal(nameless.name, "");
  assert.deepEqual(
    describeSensors([nameless]).map(({ name }) => name),
    ["fan 6"],
  );
});

test("the id it was asked for counts more than the one a record carries", () => {
  assert.equal(parseRecord(bytes(sdrVectors[3]?.hex ?? ""), 77).recordId, 77);
});

const anyRecord = fc
  .tuple(
    fc.constantFrom(1, 2, 3, 8, 9, 0x10, 0x11, 0x12, 0x14, 0xc0, 0xff),
    fc.uint8Array({ maxLength: 80 }),
    fc.boolean(),
  )
  .map(([type, body, honest]) =>
    Buffer.from([1, 0, 0x51, type, honest ? body.length : (body[0] ?? 3), ...body]),
  );
const recorded = fc
  .tuple(fc.constantFrom(...sdrVectors), fc.nat(70), fc.nat(70), fc.nat(255))
  .map(([{ hex: text }, length, position, byte]) => {
    const all = bytes(text);
    if (position < all.length) all[position] = byte;
    return all.subarray(0, length);
  });

test("whatever the bytes, a record, and sensors that can be decoded", () => {
  fc.assert(
    fc.property(
      fc.oneof(anyRecord, recorded, fc.uint8Array({ maxLength: 80 })),
      fc.uint8Array({ maxLength: 8 }),
      (raw, answer) => {
        const parsed = parseRecord(raw);
        assert.doesNotMatch("name" in parsed ? parsed.name : "", /\p{Cc}/u);
        for (const described of describeSensors([parsed])) {
          assert.notEqual(described.name, "");
          assert.ok(described.number <= 0xff);
          const said = decodeReading(described, answer);
          assert.ok(said.value === undefined || Number.isFinite(said.value));
          assert.ok(said.unavailable === undefined || said.raw === undefined);
          assert.ok(answer.length >= 2 || said.unavailable?.code === "SHORT_FRAME");
        }
      },
    ),
    { numRuns: 2000 },
  );
});
