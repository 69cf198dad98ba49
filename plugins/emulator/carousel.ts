import { type Cancel, type Clock, type Millis, seconds } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import { abortable } from "../../devices/wait.ts";

const places = 6;
/** How long the carousel takes from one rack to the next. */
const stepTime: Millis = seconds(5);

const machine = { ready: 1, failed: 6 } as const;
const register = { still: 0, rotating: 1, failed: 256 } as const;

/** Six racks on a turntable: what five status devices show of it, and how one device turns it. Synse v3 §8. */
export class Carousel {
  readonly #clock: Clock;
  #position = 1;
  #wanted = 1;
  #machine: number = machine.ready;
  #register: number = register.still;
  #still: Promise<void> = Promise.resolve();
  #halt: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param place `data.id` of a status device, 1..5; undefined is returned for any other */
  status(place: number): number | undefined {
    return [this.#position, this.#wanted, this.#machine, this.#register, 0][place - 1];
  }

  get failed(): boolean {
    return this.#machine === machine.failed;
  }

  /** A JSON text: how the last rotation went, or why none is possible. */
  document(): string {
    if (this.failed) return JSON.stringify({ status: "error", error: rotationFault });
    const rotating = this.#register === register.rotating;
    return JSON.stringify({ status: "ok", rack: this.#position, rotating });
  }

  /** Whether it works at all; one that is rotating when it fails stays where it is. */
  setMode(mode: "ok" | "error"): void {
    this.#halt();
    this.#machine = mode === "ok" ? machine.ready : machine.failed;
    this.#register = mode === "ok" ? register.still : register.failed;
  }

  /**
   * Begins to bring a rack to the front, once a rotation under way has ended.
   * @param rack 1..6
   * @throws BothyError `DEVICE_FAILURE` when it does not work, `STOPPED` when aborted while waiting, `OUT_OF_RANGE`
   */
  async rotate(rack: number, source: string, signal: AbortSignal): Promise<void> {
    if (!Number.isInteger(rack) || rack < 1 || rack > places)
      throw new BothyError("OUT_OF_RANGE", { source, value: rack, min: 1, max: places, unit: "" });
    while (this.#register === register.rotating)
      await abortable(this.#still, signal, () => new BothyError("STOPPED", { source }));
    if (this.failed) throw new BothyError("DEVICE_FAILURE", { source, fault: rotationFault });
    this.#wanted = rack;
    if (rack === this.#position) return;
    this.#register = register.rotating;
    this.#turn();
  }

  /** Stands still from now on. */
  stop(): void {
    this.#halt();
  }

  #turn(): void {
    let due = this.#clock.monotonic() + stepTime;
    let cancel: Cancel = () => undefined;
    this.#still = new Promise((resolve) => {
      const step = (): void => {
        this.#position = (this.#position % places) + 1;
        if (this.#position !== this.#wanted) {
          due += stepTime;
          cancel = this.#clock.at(due, step);
          return;
        }
        this.#halt();
      };
      this.#halt = () => {
        cancel();
        if (this.#register === register.rotating) this.#register = register.still;
        resolve();
      };
      cancel = this.#clock.at(due, step);
    });
  }
}

const rotationFault = "failed to rotate carousel";
