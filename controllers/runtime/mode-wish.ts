import { type Clock, hours, type Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { By, ControllerStatus, ModeRequest } from "./api.ts";
import { checkSpan, type Ending, endingIn, keptEnding, resumedEnding, wallOf } from "./ending.ts";
import type { WantedMode } from "./frame.ts";
import type { KeptController } from "./kept.ts";

const usualHold: Millis = hours(1);
const longestHold: Millis = hours(24);

/** The mode somebody asked for, and when it ends: nobody forgets a controller in manual. */
export class ModeWish {
  readonly #clock: Clock;
  readonly #source: string;
  wanted: WantedMode = "automatic";
  #until: Ending | undefined;
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
    checkSpan(span, longestHold, source);
    this.wanted = mode;
    this.#by = { who, why };
    this.#until = mode === "automatic" ? undefined : endingIn(span, this.#clock);
  }

  /** Ends it when its time is over. @returns whether it was */
  expire(now: Millis): boolean {
    if (this.#until === undefined || this.#until.mono > now) return false;
    this.set({ mode: "automatic", who: "bothy", why: `${this.wanted} has expired` });
    return true;
  }

  /** Goes on with what was wished before a restart, when there is time left. */
  resume({ wanted, until = 0, left: rest, by }: KeptController["mode"]): void {
    const kept = { until, ...(rest === undefined ? {} : { left: rest }) };
    const ending = resumedEnding(kept, longestHold, this.#clock);
    if (wanted === "automatic" || ending === undefined || by === undefined) return;
    this.set({ ...by, mode: wanted });
    this.#until = ending;
  }

  get status(): Pick<ControllerStatus, "wantedMode" | "modeUntil" | "modeBy"> {
    const { wanted: wantedMode, by: modeBy } = this.kept;
    return {
      wantedMode,
      ...(this.#until === undefined ? {} : { modeUntil: wallOf(this.#until, this.#clock) }),
      ...(modeBy === undefined ? {} : { modeBy }),
    };
  }

  get kept(): KeptController["mode"] {
    return {
      wanted: this.wanted,
      ...(this.#until === undefined ? {} : keptEnding(this.#until, this.#clock)),
      ...(this.#by === undefined ? {} : { by: this.#by }),
    };
  }
}
