import type { Clock, Millis } from "../clock.ts";
import type { PowerMeter } from "./power-meter.ts";
import type { ServerWorld } from "./world.ts";

/** Tells the world what the server does, and how much it may draw. */
export interface PowerControl {
  /** @param activity see `ServerWorld.drive` */
  drive(activity: number): void;
  /** Keeps the limit. @returns whether it was exceeded for so long that the server has to go off */
  exceeded(): boolean;
}

export interface PowerControlOptions {
  readonly clock: Clock;
  readonly world: ServerWorld;
  readonly meter: PowerMeter;
  readonly activity: number;
}

const hardOff = 0x01;

export function createPowerControl(options: PowerControlOptions): PowerControl {
  const { clock, world, meter } = options;
  let { activity } = options;
  let told = Infinity;
  let over: Millis | undefined;
  const limit = (): number => (meter.limit.active ? meter.limit.watts : Infinity);
  const tell = (): void => {
    told = limit();
    world.drive(activity, told);
  };
  tell();
  return {
    drive(next) {
      activity = next;
      tell();
    },
    exceeded() {
      if (limit() !== told) tell();
      if (world.power() <= limit() + 1) {
        over = undefined;
        return false;
      }
      over ??= clock.monotonic();
      return meter.limit.action === hardOff && clock.monotonic() - over > meter.limit.correction;
    },
  };
}
