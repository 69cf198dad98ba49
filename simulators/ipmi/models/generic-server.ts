import type { BmcModel, FruModel, SensorModel } from "../model.ts";
import { entity, fanCount, genericSensors, temperature } from "./generic-sensors.ts";

const made = Date.UTC(2023, 4, 17, 9, 30);
const supplyFru = (n: number): FruModel => ({
  name: `PSU${n} FRU`,
  entity: [entity.supply, n],
  size: 256,
  product: {
    maker: "Example Power",
    name: "EP-500P",
    part: "EP500-12-80P",
    version: "B2",
    serial: `EP23051700${n}`,
    asset: "",
  },
  supply: { watts: 500, lowVolts: 100, highVolts: 240 },
});

/** How one server of a family differs from the next. */
export interface GenericServerOptions {
  /** For serial numbers. Default 1. */
  readonly serial?: number;
  /** How many sensors it has, records counted; 1..200. Default: the 33 of the product. */
  readonly sensors?: number;
}

/** A rack server with two processors, six fans and two power supplies. */
export function genericServer(options: GenericServerOptions = {}): BmcModel {
  const serial = String(options.serial ?? 1).padStart(4, "0");
  return {
    name: "generic-server-v1",
    deviceId: 0x20,
    revision: 1,
    firmware: [2, 0x14],
    manufacturer: 32_473,
    product: 0x0e01,
    controller: "Edge BMC",
    fans: fanCount,
    processors: 2,
    supplies: 2,
    sensors: options.sensors === undefined ? genericSensors : resize(genericSensors, options.sensors),
    frus: [mainFru(serial), supplyFru(1), supplyFru(2)],
    oemRecords: [Uint8Array.of(0xd9, 0x7e, 0x00, 0x01, 0x02, 0x03)],
    repositoryDate: Date.UTC(2024, 2, 1) / 1000,
    logCapacity: 512,
  };
}

const mainFru = (serial: string): FruModel => ({
  name: "System FRU",
  entity: [entity.chassis, 1],
  size: 1024,
  chassis: { type: 0x17, part: "EX-CH-1U", serial: `CH-${serial}`, custom: ["Rack unit 1U"] },
  board: {
    made,
    maker: "Example Edge",
    product: "EX-2P Mainboard",
    serial: `MB-${serial}`,
    part: "EX-MB-2P",
  },
  product: {
    maker: "Example Edge",
    name: "EX-1200",
    part: "EX-1200-2P",
    version: "1.2",
    serial: `SN-${serial}`,
    asset: `asset-${serial}`,
  },
});

/** Fewer sensors, the last ones left out, or more memory temperatures. */
function resize(standard: readonly SensorModel[], count: number): readonly SensorModel[] {
  const taken = new Set(standard.flatMap(numbersOf));
  const free = Array.from({ length: 254 }, (_, i) => i + 1).filter((number) => !taken.has(number));
  const more = free
    .slice(0, Math.max(0, count - standard.length))
    .map((number, i) =>
      temperature(
        { name: `Bank ${i + 1} Temp`, number, entity: [entity.memory, i + 3], source: `dimm-${i + 3}` },
        { upperNonCritical: 78, upperCritical: 85 },
      ),
    );
  return [...standard, ...more].slice(0, count);
}

const numbersOf = (model: SensorModel): readonly number[] =>
  Array.from({ length: model.kind === "discrete" ? (model.share ?? 1) : 1 }, (_, i) => model.number + i);
