import type { Millis } from "../../../devices/clock.ts";
import type { AskOptions } from "../answer.ts";
import { type ChassisStatus, getChassisStatus } from "../commands/chassis.ts";
import type { PartDeps } from "./part.ts";

/** The machine a BMC looks after: whether it is on, for whoever cannot be read while it is not. */
export class Host {
  readonly #deps: PartDeps;
  #status: ChassisStatus | undefined;
  #seen: Millis = -Infinity;
  #looking: Promise<ChassisStatus> | undefined;

  constructor(deps: PartDeps) {
    this.#deps = deps;
  }

  /** Whether it was on when last seen; undefined when nobody knows. */
  get on(): boolean | undefined {
    return this.#status?.on;
  }

  /** Looks now. @throws BothyError */
  async look(options: AskOptions = {}): Promise<ChassisStatus> {
    const looking = getChassisStatus(this.#deps.bmc, options);
    this.#looking = looking;
    try {
      return this.saw(await looking);
    } finally {
      if (this.#looking === looking) this.#looking = undefined;
    }
  }

  /** Whether it is on, as seen not longer ago than `age`; undefined when that cannot be had. */
  async isOn(age: Millis, options: AskOptions): Promise<boolean | undefined> {
    if (this.#deps.clock.monotonic() - this.#seen <= age) return this.on;
    try {
      return (await (this.#looking ?? this.look(options))).on;
    } catch {
      return undefined;
    }
  }

  /** Somebody else has looked. */
  saw(status: ChassisStatus): ChassisStatus {
    const { clock, log, settings } = this.#deps;
    if (this.#status !== undefined && this.#status.on !== status.on)
      log.info({ link: settings.name, on: status.on }, `${settings.at} is ${status.on ? "on" : "off"} now`);
    this.#status = status;
    this.#seen = clock.monotonic();
    return status;
  }
}
