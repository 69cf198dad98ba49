import type { Equipment } from "./equipment.ts";
import { createDcPlant } from "./modbus/products/dc-plant.ts";
import { createDx } from "./modbus/products/dx.ts";
import { createFanTray } from "./modbus/products/fan-tray.ts";
import { createIo } from "./modbus/products/io.ts";
import { createMeter } from "./modbus/products/meter.ts";
import { createPdu } from "./modbus/products/pdu.ts";
import { createProbe } from "./modbus/products/probe.ts";
import { createUps } from "./modbus/products/ups.ts";
import type { SimulatedUnit } from "./modbus/unit.ts";

/** Where a unit is reached: one of the two RS-485 lines or the Modbus TCP endpoint. */
export type LineName = "line-a" | "line-b" | "tcp";

export interface SiteUnit {
  readonly name: string;
  readonly line: LineName;
  readonly id: number;
  readonly unit: SimulatedUnit;
}

export interface SiteUnits {
  readonly all: readonly SiteUnit[];
  /**
   * Lets units measure and act: after every step of the physics.
   * @param busSeconds time that passed on the lines, where simulated time is faster
   */
  tick(dtSeconds: number, busSeconds: number): void;
}

const probeIds: Readonly<Record<string, number>> = {
  "probe-inlet": 11,
  "probe-outlet": 12,
  "probe-outdoor": 13,
  "probe-inlet-2": 14,
  "probe-inlet-3": 15,
};
/** Further air-conditioners follow the energy meter. */
const dxIds = [2, 5, 6, 7, 8, 9, 10, 11];

/** The equipment of the site as units on buses. */
export function createUnits(equipment: Equipment): SiteUnits {
  const tray = createFanTray(equipment.tray);
  const plant = createDcPlant(equipment.plant);
  const io = createIo(equipment.io);
  const coolers = equipment.dx.map((face) => createDx(face));
  const fanCount = equipment.parameters.fans.count;
  const all: readonly SiteUnit[] = [
    { name: "tray-a", line: "line-a", id: 1, unit: tray },
    ...equipment.probes.map(({ name, temperature, humidity }): SiteUnit => {
      const id = probeIds[name] ?? 0;
      return { name, line: "line-a", id, unit: createProbe({ temperature, humidity, unitId: id }) };
    }),
    { name: "io-1", line: "line-a", id: 20, unit: io },
    ...coolers.map((unit, i): SiteUnit => ({ name: `dx-${i + 1}`, line: "line-b", id: dxIds[i] ?? 0, unit })),
    { name: "dc-1", line: "line-b", id: 3, unit: plant },
    { name: "meter-1", line: "line-b", id: 4, unit: createMeter(equipment.meter) },
    { name: "pdu-1", line: "tcp", id: 1, unit: createPdu(equipment.pdu) },
    ...(equipment.ups === undefined
      ? []
      : [{ name: "ups-1", line: "tcp", id: 2, unit: createUps(equipment.ups) } as const]),
  ];
  const act = (): void => {
    for (let fan = 0; fan < fanCount; fan++) equipment.tray.setDuty(fan, tray.duty(fan));
  };
  act();
  return {
    all,
    tick(dtSeconds, busSeconds) {
      equipment.tick(dtSeconds);
      tray.tick(busSeconds);
      act();
      for (const unit of coolers) unit.tick(busSeconds);
      plant.tick(dtSeconds);
      io.tick();
    },
  };
}
