import type { Prototype } from "./schema.ts";

const carousel = { model: "Vapor Carousel", emulated: "1" };

/** Devices numbered from 1 that have their model in common. */
const kind = (type: string, model: string, ...infos: readonly string[]): Prototype => ({
  type,
  context: { model },
  instances: infos.map((info, i) => ({ info, data: { id: i + 1 } })),
});

const many = (count: number, infoOf: (n: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, i) => infoOf(i + 1));

/** What there is when nothing is configured: the 29 devices of Synse's emulator. Synse v3 §8. */
export const defaultDevices: readonly Prototype[] = [
  kind("airflow", "emul8-air", "Synse Airflow Sensor"),
  {
    type: "status",
    context: carousel,
    instances: [
      { info: "Carousel Get Rack Position", data: { id: 1 } },
      { info: "Carousel Set Rack Position", data: { id: 2 } },
      { info: "Carousel State Machine Code", data: { id: 3 } },
      { info: "Carousel Status Register", data: { id: 4 } },
      { info: "Carousel VFD Error Code", data: { id: 5 } },
    ],
  },
  { type: "json", context: carousel, instances: [{ info: "Carousel Rotate", data: { id: 6 } }] },
  kind("fan", "emul8-fan", "Synse Fan"),
  kind("humidity", "emul8-humidity", "Synse Humidity Sensor"),
  {
    type: "led",
    context: { model: "emul8-led" },
    instances: [
      { info: "Synse LED", alias: { name: "emulator-led" }, data: { id: 1 } },
      { info: "Synse Backup LED", alias: { name: "emulator-backup-led" }, data: { id: 2 } },
    ],
  },
  kind("lock", "emul8-lock", "Synse Door Lock"),
  kind("power", "emul8-power", ...many(4, (n) => `Zone ${n} Power`), "Total Power Usage"),
  kind("voltage", "emul8-voltage", ...many(2, (n) => `Zone ${n} Voltage`)),
  kind("energy", "emul8-energy", ...many(2, (n) => `Zone ${n} Kilowatt-hour`)),
  kind("pressure", "emul8-pressure", ...many(2, (n) => `Synse Pressure Sensor ${n}`)),
  kind("temperature", "emul8-temp", ...many(5, (n) => `Synse Temperature Sensor ${n}`)),
  kind("seconds", "emul8-ups", "Seconds on battery power"),
];
