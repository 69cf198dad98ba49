import { packBits, s16, setting, u16 } from "../fields.ts";
import { createUnit, type SimulatedUnit, type UnitOptions } from "../unit.ts";

/** What a fan tray needs from the world it stands in. */
export interface FanTrayWorld {
  /** Whether a fan is plugged in at channel 0..7. */
  readonly present: (channel: number) => boolean;
  /** rpm */
  readonly speed: (channel: number) => number;
  /** Turns but should not stand still, or stands still but should turn. */
  readonly failed: (channel: number) => boolean;
  /** °C */
  readonly boardTemperature: () => number;
}

export interface FanTray extends SimulatedUnit {
  /** Lets time pass for the bus-loss timer. */
  tick(dtSeconds: number): void;
  /** Duty in force, 0..100 %. */
  duty(channel: number): number;
}

const channels = [0, 1, 2, 3, 4, 5, 6, 7];
const identity = 0x464e;
const noFan = 0xffff;

/** `generic-fantray-v1`: eight fan channels with duty and tachometer. */
export function createFanTray(world: FanTrayWorld, options: Partial<UnitOptions> = {}): FanTray {
  let quiet = 0;
  const unit = createUnit({
    product: "generic-fantray-v1",
    functions: [1, 3, 4, 5, 6, 8, 15, 16],
    ...options,
    requested: () => {
      quiet = 0; // any request shows that somebody is in charge
    },
  });
  const duties = channels.map(() => setting(50, { max: 100, scale: 10 }));
  const lossTime = setting(0);
  const lossDuty = setting(100, { max: 100, scale: 10 });
  let allFull = false;

  const lost = (): boolean => lossTime.value > 0 && quiet >= lossTime.value;
  const duty = (channel: number): number => {
    if (allFull) return 100;
    return lost() ? lossDuty.value : (duties[channel]?.value ?? 0);
  };

  channels.forEach((channel) => {
    unit.defineWords("holding", channel, duties[channel]?.field ?? lossDuty.field);
    const speed = unit.sensor(`fan-${channel + 1}`, () => world.speed(channel));
    const shown = (): number => (world.present(channel) ? Math.min(speed(), noFan - 1) : noFan);
    unit.defineWords("input", channel + 1, u16({ get: shown }));
  });
  unit.defineWords("holding", 8, lossTime.field);
  unit.defineWords("holding", 9, lossDuty.field);
  unit.defineWords("input", 0, u16({ get: () => identity }));
  unit.defineWords("input", 9, u16({ get: () => packBits(channels.map(world.present)) }));
  unit.defineWords("input", 10, u16({ get: () => packBits(channels.map(world.failed)) }));
  const board = unit.sensor("board", world.boardTemperature);
  unit.defineWords("input", 11, s16({ get: board, scale: 10 }));
  unit.defineBit("coil", 0, {
    read: () => allFull,
    write: (on) => {
      allFull = on;
    },
  });
  return Object.assign(unit, {
    duty,
    tick(dtSeconds: number) {
      quiet += dtSeconds;
    },
  });
}
