import assert from "node:assert/strict";
import test from "node:test";
import { planBus } from "./plan.ts";
import type { LinkOptions, UnitOptions } from "./schema.ts";

const unit = (number: number, more: Partial<UnitOptions> = {}): UnitOptions => ({
  unit: number,
  product: "xy-md02",
  alias: `u${number}`,
  ...more,
});

function faults(link: LinkOptions, units: readonly UnitOptions[] = []): string[] {
  const plan = planBus({
    site: { id: "s", tags: [] },
    name: "line",
    link: { path: ["buses", "line"], config: link },
    devices: units.map((config, at) => ({ path: ["devices", at], config })),
    products: [],
  });
  return plan.faults.map(({ path, message, remedy }) => {
    assert.ok(remedy.length > 5);
    return `${path.join(".")}: ${message}`;
  });
}

const serial: LinkOptions = { transport: "serial", path: "/dev/ttyUSB0" };
const tcp: LinkOptions = { transport: "tcp", host: "10.0.0.1" };

test("sound buses have no faults", () => {
  assert.deepEqual(faults(serial, [unit(1), unit(247)]), []);
  assert.deepEqual(faults({ ...tcp, maxInFlight: 4 }, [unit(0), unit(255)]), []);
  assert.deepEqual(faults({ transport: "rtu-over-tcp", host: "h", port: 4001, baudRate: 19_200 }), []);
});

test("options that belong to another transport, or are missing", () => {
  assert.deepEqual(faults({ transport: "serial" }), ["buses.line.path: a serial bus needs its port"]);
  assert.deepEqual(faults({ transport: "tcp" }), ["buses.line.host: tcp needs a host"]);
  assert.deepEqual(faults({ ...serial, host: "h", maxInFlight: 2 }), [
    "buses.line.host: a serial bus has no host",
    "buses.line.maxInFlight: a serial line carries one request at a time",
  ]);
  assert.deepEqual(faults({ ...tcp, path: "/dev/x", baudRate: 9600 }), [
    "buses.line.path: tcp has no path",
    "buses.line.baudRate: Modbus TCP has no baud rate",
  ]);
});

test("durations out of their range", () => {
  assert.deepEqual(faults({ ...serial, responseTimeout: "1ms" }), [
    "buses.line.responseTimeout: 1ms is out of range",
  ]);
  assert.deepEqual(faults({ ...serial, poll: { fast: "2d" } }), ["buses.line.poll.fast: 2d is out of range"]);
  assert.deepEqual(faults(serial, [unit(1, { interFrameDelay: "9s" })]), [
    "devices.0.interFrameDelay: 9s is out of range",
  ]);
});

test("units that cannot be, or are there twice", () => {
  assert.deepEqual(faults(serial, [unit(0)]), ["devices.0.unit: 0 is no unit id of a serial line"]);
  assert.deepEqual(faults(serial, [unit(248)]), ["devices.0.unit: 248 is no unit id of a serial line"]);
  assert.deepEqual(faults(serial, [unit(3), unit(3, { alias: "b" })]), [
    "devices.1.unit: line has two units 3: u3 and b",
  ]);
  assert.deepEqual(faults(serial, [unit(3), unit(4, { alias: "u3" })]), [
    "devices.1.alias: a device of u3 is called u3.temperature too",
    "devices.1.alias: a device of u3 is called u3.humidity too",
  ]);
  assert.match(
    faults(serial, [unit(1, { product: "eastron-sdm630", alias: "line" })])[0]!,
    /the bus is called line too/,
  );
});

test("products, devices and tags that do not exist", () => {
  const plan = planBus({
    site: { id: "s", tags: [] },
    name: "line",
    link: { path: [], config: serial },
    devices: [{ path: ["devices", 0], config: unit(1, { product: "xy-md20" }) }],
    products: [],
  });
  assert.equal(plan.faults[0]?.message, "there is no product xy-md20");
  assert.match(plan.faults[0].remedy, /did you mean xy-md02\?/);
  const far = planBus({
    site: { id: "s", tags: [] },
    name: "line",
    link: { path: [], config: serial },
    devices: [{ path: ["devices", 0], config: unit(1, { product: "foobar-9000" }) }],
    products: [],
  });
  assert.match(far.faults[0]?.remedy ?? "", /^describe it under `products`, or take one of .*xy-md02/);
  assert.deepEqual(faults(serial, [unit(1, { only: ["temprature"] })]), [
    'devices.0.only.0: xy-md02 has no device "temprature"',
  ]);
  assert.deepEqual(faults(serial, [unit(1, { tags: ["a b"] })]), ['devices.0.tags.0: "a b" is no tag']);
});

test("only the devices asked for are there", () => {
  const { devices, plan } = planBus({
    site: { id: "s", tags: [] },
    name: "line",
    link: { path: [], config: serial },
    devices: [{ path: [], config: unit(1, { only: ["humidity"] }) }],
    products: [],
  });
  assert.deepEqual(
    devices.map(({ alias }) => alias),
    ["line", "u1.humidity"],
  );
  assert.ok(plan.units[0]?.values.every(({ source }) => source.startsWith("u1.humidity")));
});

test("devices that were known elsewhere keep their ids and names", () => {
  const id = "0da9a0cb-9d58-5ac7-8293-7c29485fa65f";
  const was = { humidity: { id, alias: "old-name", sortIndex: 7 } };
  const {
    devices,
    plan,
    faults: found,
  } = planBus({
    site: { id: "s", tags: [] },
    name: "line",
    link: { path: [], config: serial },
    devices: [{ path: [], config: unit(1, { was }) }],
    products: [],
  });
  assert.deepEqual(found, []);
  const humidity = devices.find(({ alias }) => alias === "old-name");
  assert.equal(humidity?.id, id);
  assert.equal(humidity.sortIndex, 7);
  assert.ok(humidity.tags.includes(`system/id:${id}`));
  assert.ok(plan.units[0]?.values.some((value) => value.id.device === id));
  assert.deepEqual(
    devices.filter(({ alias }) => alias === "u1.temperature").map(({ sortIndex }) => sortIndex),
    [2],
  );
  assert.deepEqual(faults(serial, [unit(1, { was: { humidty: { id } } })]), [
    'devices.0.was.humidty: xy-md02 has no device "humidty"',
  ]);
});
