import { type Clock, hours, type Instant, type Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { By, ControllerStatus, ModeRequest } from "./api.ts";
import type { WantedMode } from "./frame.ts";
import type { KeptController } from "./kept.ts";

const usualHold: Millis = hours(1);
const longestHold: Millis = hours(24);

/** The mode somebody asked for, and when it ends: nobody forgets a controller in manual. */
export class ModeWish {
  readonly #clock: Clock;
  readonly #source: string;
  wanted: WantedMode = "automatic";
  #until: { readonly mono: Millis; readonly wall: Instant } | undefined;
  #by: By | undefined;

  constructor(controller: string, clock: Clock) {
    this.#source = `mode of controller ${controller}`;
    this.#clock = clock;
  }

  /** @throws BothyError `BAD_INPUT` */
  set({ mode, holdFor, who, why }: ModeRequest): void {
    const source = this.#source;
    if (!["automatic", "manual", "off"].includes(mode))
      throw new BothyError("BAD_INPUT", { source, fault: `there is no mode ${mode}` });
    const span = holdFor ?? usualHold;
    if (!(span > 0 && span <= longestHold))
      throw new BothyError("BAD_INPUT", { source, fault: "it lasts longer than 0 s and at most 24 h" });
    const { monotonic, now } = { monotonic: this.#clock.monotonic(), now: this.#clock.now() };
    this.wanted = mode;
    this.#by = { who, why };
    this.#until = mode === "automatic" ? undefined : { mono: monotonic + span, wall: now + span };
  }

  /** Ends it when its time is over. @returns whether it was */
  expire(now: Millis): boolean {
    if (this.#until === undefined || this.#until.mono > now) return false;
    this.set({ mode: "automatic", who: "bothy", why: `${this.wanted} has expired` });
    return true;
  }

  /** Goes on with what was wished before a restart, when there is time left. */
  resume({ wanted, until, by }: KeptController["mode"]): void {
    const left = (until ?? 0) - this.#clock.now();
    if (wanted !== "automatic" && left > 0 && by !== undefined)
      this.set({ ...by, mode: wanted, holdFor: Math.min(left, longestHold) });
  }

  get status(): Pick<ControllerStatus, "wantedMode" | "modeUntil" | "modeBy"> {
    const { wanted: wantedMode, until: modeUntil, by: modeBy } = this.kept;
    return {
      wantedMode,
      ...(modeUntil === undefined ? {} : { modeUntil }),
      ...(modeBy === undefined ? {} : { modeBy }),
    };
  }

  get kept(): KeptController["mode"] {
    return {
      wanted: this.wanted,
      ...(this.#until === undefined ? {} : { until: this.#until.wall }),
      ...(this.#by === undefined ? {} : { by: this.#by }),
    };
  }
}
