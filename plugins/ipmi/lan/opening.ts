import type { Exchanger } from "./exchange.ts";
import type { Login, Random } from "./options.ts";

/** What earlier sessions with this BMC taught; changed by later ones. */
export interface Learnt {
  /** It says nothing to the format of IPMI v1.5. */
  mute15: boolean;
}

/** Everything opening a session takes. */
export interface Opening {
  readonly wire: Exchanger;
  readonly login: Login;
  readonly random: Random;
  readonly learnt: Learnt;
}
