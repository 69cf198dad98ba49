import { type Clock, hours, type Millis } from "../../devices/clock.ts";
import { isEntry } from "../../devices/entry.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By, ProfileRequest, ProfileStatus } from "./api.ts";
import {
  checkSpan,
  type Ending,
  endingIn,
  type KeptEnding,
  keptEnding,
  resumedEnding,
  wallOf,
} from "./ending.ts";
import { isBy } from "./kept-parts.ts";

/** What a site's configuration says of its profiles. */
export interface ProfilesConfig {
  readonly names: readonly string[];
  /** In force until somebody chooses another one; one of the names. */
  readonly default: string;
}

interface Chosen {
  readonly profile: string;
  readonly by?: By;
}

/** Of the default too: what the configuration said then. */
type Kept = Chosen & {
  readonly default: string;
  readonly lasting?: Chosen;
} & Partial<KeptEnding>;

const longest: Millis = hours(30 * 24);
const key = "site";

interface ProfilesDeps {
  readonly clock: Clock;
  readonly log: Pick<Log, "warn">;
  readonly keeper: Keeper;
}

/** The profile of a site: which one was chosen for good, and which one for a while. Kept on disk. */
export class Profiles {
  readonly #config: ProfilesConfig | undefined;
  readonly #deps: ProfilesDeps;
  #lasting: Chosen;
  #passing: (Chosen & { readonly ending: Ending }) | undefined;

  /** @param config absent: the site has none, and every controller works */
  constructor(config: ProfilesConfig | undefined, deps: ProfilesDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#lasting = { profile: config?.default ?? "" };
    if (config !== undefined) this.#resume(config, deps.keeper.load("profile").get(key));
  }

  get current(): string {
    return (this.#passing ?? this.#lasting).profile;
  }

  get status(): ProfileStatus | undefined {
    if (this.#config === undefined) return undefined;
    const { names: profiles, default: usual } = this.#config;
    const { profile, by } = this.#passing ?? this.#lasting;
    return {
      ...{ profile, profiles, default: usual },
      ...(this.#passing === undefined
        ? {}
        : { until: wallOf(this.#passing.ending, this.#deps.clock), then: this.#lasting.profile }),
      ...(by === undefined ? {} : { by }),
    };
  }

  /** On the monotonic clock: when the one before is in force again; `Infinity`: never by itself. */
  get ends(): Millis {
    return this.#passing?.ending.mono ?? Infinity;
  }

  /** What comes after the one in force, when its time is over. */
  get next(): string {
    return this.#lasting.profile;
  }

  /**
   * Why a controller rests while a profile is in force; undefined: it works.
   * @param works profiles it works in; absent: all
   */
  restOf(works: readonly string[] | undefined, profile = this.current): string | undefined {
    if (works === undefined || this.#config === undefined || works.includes(profile)) return undefined;
    return `it rests: profile ${profile} is in force, and it works in ${works.join(", ")}`;
  }

  /** @throws BothyError `BAD_INPUT` for one the site does not have, and for a time that is too long */
  check({ profile, holdFor }: ProfileRequest): void {
    const source = `profile ${profile}`;
    const names = this.#config?.names ?? [];
    if (names.length === 0) {
      const fault = "this site has no profiles: name them in its configuration, under `profiles`";
      throw new BothyError("BAD_INPUT", { source, fault });
    }
    if (!names.includes(profile))
      throw new BothyError("BAD_INPUT", { source, fault: `there is none; there are ${names.join(", ")}` });
    if (holdFor !== undefined) checkSpan(holdFor, longest, source);
  }

  /** Puts one in force. @throws BothyError as `check`: then the one before stays */
  set(request: ProfileRequest): void {
    this.check(request);
    const { profile, holdFor, who, why } = request;
    const chosen: Chosen = { profile, by: { who, why } };
    if (holdFor === undefined) {
      this.#lasting = chosen;
      this.#passing = undefined;
    } else this.#passing = { ...chosen, ending: endingIn(holdFor, this.#deps.clock) };
    this.#keep();
  }

  /** The one in force for a while stays a little longer. */
  wait(span: Millis): void {
    if (this.#passing === undefined) return;
    this.#passing = { ...this.#passing, ending: endingIn(span, this.#deps.clock) };
    this.#keep();
  }

  /** The one before is in force again. */
  end(): void {
    this.#passing = undefined;
    this.#keep();
  }

  #keep(): void {
    const { clock, keeper } = this.#deps;
    const passing = this.#passing;
    const kept: Kept = {
      ...(passing === undefined
        ? this.#lasting
        : { profile: passing.profile, ...(passing.by === undefined ? {} : { by: passing.by }) }),
      default: this.#config?.default ?? "",
      ...(passing === undefined ? {} : { lasting: this.#lasting, ...keptEnding(passing.ending, clock) }),
    };
    keeper.put("profile", key, kept, "now");
  }

  /** What was chosen before a restart is still meant, unless the configuration has another default since. */
  #resume(config: ProfilesConfig, value: unknown): void {
    if (value === undefined) return;
    const { clock, log, keeper } = this.#deps;
    const kept = isKept(value) ? value : undefined;
    const lasting = kept?.lasting ?? kept;
    if (kept === undefined || lasting === undefined) {
      log.warn({}, `the profile that was kept makes no sense: ${config.default} is in force`);
      keeper.drop("profile", key);
      return;
    }
    const has = ({ profile }: Chosen): boolean => config.names.includes(profile);
    if (kept.default === config.default && has(lasting)) this.#lasting = chosenOf(lasting);
    else log.warn({}, `profile ${lasting.profile} is not in force any more, as the configuration says`);
    const { until, left = 0 } = kept;
    const ending = until === undefined ? undefined : resumedEnding({ until, left }, longest, clock);
    if (kept.lasting !== undefined && ending !== undefined && has(kept))
      this.#passing = { ...chosenOf(kept), ending };
    this.#keep();
  }
}

const chosenOf = ({ profile, by }: Chosen): Chosen => ({ profile, ...(by === undefined ? {} : { by }) });

const isChosen = (value: unknown): value is Chosen =>
  isEntry(value) && typeof value["profile"] === "string" && (value["by"] === undefined || isBy(value["by"]));

const isKept = (value: unknown): value is Kept => {
  if (!isEntry(value) || !isChosen(value)) return false;
  const { default: usual, lasting, until, left } = value as Partial<Kept>;
  const isTime = (time: unknown): boolean => time === undefined || typeof time === "number";
  return (
    typeof usual === "string" && (lasting === undefined || isChosen(lasting)) && isTime(until) && isTime(left)
  );
};
