import { type Clock, type Millis, seconds } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { By, ControllerEvent, ProfileRequest } from "./api.ts";
import type { Duties } from "./duties.ts";
import type { Profiles } from "./profiles.ts";
import type { Running } from "./running.ts";

/** While something is held for the safety of life, whoever holds it is asked again so soon. */
const lookAgain: Millis = seconds(10);

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
  readonly profiles: Profiles;
  readonly duties: Duties;
  readonly event: (event: ControllerEvent) => void;
  /** Those that run, in the order in which they step. */
  readonly order: () => readonly Running[];
  /** Binds all anew, as their duties are now. */
  readonly bind: () => void;
  /** Has one step as soon as it can. */
  readonly turn: (one: Running) => void;
  /** Steps whoever is due. */
  readonly round: () => void;
  /** Has outputs of those that could not be loaded in fail-safe. */
  readonly protect: () => void;
}

/**
 * Puts another profile in force: controllers that come begin where outputs are, and only then those that go let go. At no
 * moment is nobody there.
 */
export class ProfileChange {
  readonly #deps: Deps;
  #underWay = 0;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Whether all that came have begun. */
  get isOver(): boolean {
    return this.#underWay === 0;
  }

  /** @throws BothyError as `ControllerRuntime.setProfile` */
  async make(request: ProfileRequest): Promise<void> {
    const { profiles, log } = this.#deps;
    const { profile, who, why } = request;
    profiles.check(request);
    this.#letGo(profile);
    const before = profiles.current;
    profiles.set(request);
    log.info({ ...request }, `${who} wants profile ${profile}, in place of ${before}: ${why}`);
    await this.#change(before, { who, why });
  }

  /** Has a profile whose time is over end, when it may. @returns whether it has ended: then all that are due have stepped */
  expire(now: Millis): boolean {
    const { profiles, log } = this.#deps;
    if (profiles.ends > now) return false;
    const before = profiles.current;
    try {
      this.#letGo(profiles.next);
    } catch (thrown) {
      log.warn({ profile: before }, asBothyError(thrown, before).message);
      profiles.wait(lookAgain);
      return false;
    }
    profiles.end();
    const why = `the time of profile ${before} is over`;
    log.info({ profile: profiles.current }, `profile ${profiles.current} is in force again: ${why}`);
    void this.#change(before, { who: "bothy", why });
    return true;
  }

  /** @throws BothyError `BUSY` while one that would rest with a profile holds something for the safety of life */
  #letGo(profile: string): void {
    const savers = this.#deps.duties.savers(this.#deps.order(), profile);
    if (savers.length === 0) return;
    const fault = `${savers.join(", ")} would rest, and holds something for the safety of life now: wait until that is over, or let it work in every profile`;
    throw new BothyError("BUSY", { source: `profile ${profile}`, fault });
  }

  /** @returns when those that come have begun */
  async #change(before: string, by: By): Promise<void> {
    const { clock, profiles, duties, order, bind, turn, round, protect, event } = this.#deps;
    const profile = profiles.current;
    const rested = duties.resting;
    duties.call();
    this.#underWay++;
    bind();
    const moved = order().filter(({ name, rest }) => rested.has(name) !== (rest !== undefined));
    const now = clock.monotonic();
    for (const { name } of moved) event({ kind: "profile", controller: name, by, profile, before });
    // Between two deadlines; whoever is due steps in the round.
    for (const one of moved) if (one.due > now) turn(one);
    round();
    const comes = moved.filter(({ rest }) => rest === undefined);
    await Promise.all(comes.flatMap(({ busy }) => busy ?? []));
    this.#underWay--;
    protect();
  }
}
