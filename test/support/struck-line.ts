import type { Clock, Millis } from "../../devices/clock.ts";
import type { SimulatedBmc } from "../../simulators/ipmi/bmc.ts";

export const controlNetFn = 0x00;
export const controlCommand = 0x02;

export interface LineOptions {
  /** Carries out again whatever it is told again, as OpenIPMI's simulator does: it remembers no answer. */
  readonly forgets: boolean;
  /** Hears packets however late they are: looks at no session sequence number. */
  readonly lax?: boolean;
}

/** A BMC's end of the wire, which can be cut at the worst moment: when a power command was just carried out. */
export class StruckLine {
  readonly #bmc: SimulatedBmc;
  readonly #clock: Clock;
  #strike: Millis | undefined;
  #deafUntil: Millis = -Infinity;

  constructor(bmc: SimulatedBmc, clock: Clock) {
    this.#bmc = bmc;
    this.#clock = clock;
  }

  /** How many power commands were carried out. */
  get switched(): number {
    return this.#bmc.executed(controlNetFn, controlCommand);
  }

  /** The next power command is carried out, but its answer is the first thing that is lost for so long; 0: none. */
  strike(span: Millis): void {
    this.#strike = span === 0 ? undefined : span;
    this.#deafUntil = -Infinity;
  }

  end({ forgets, lax = false }: LineOptions): Pick<SimulatedBmc, "receive"> {
    const isDeaf = (): boolean => this.#clock.monotonic() < this.#deafUntil;
    return {
      receive: (packet, from, reply) => {
        if (isDeaf()) return;
        for (const session of this.#bmc.parts.sessions.active()) {
          if (forgets) session.answered.splice(0);
          if (lax) session.window = { accept: () => true };
        }
        const before = this.switched;
        this.#bmc.receive(packet, from, (answer) => {
          if (this.switched > before) this.#falls();
          if (!isDeaf()) reply(answer);
        });
      },
    };
  }

  #falls(): void {
    if (this.#strike === undefined) return;
    this.#deafUntil = this.#clock.monotonic() + this.#strike;
    this.#strike = undefined;
  }
}
