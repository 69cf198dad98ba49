import { type Millis, seconds } from "../../devices/clock.ts";
import type { Alarm } from "../contract.ts";
import type { Origin } from "./origin.ts";
import { type BusState, SilentBuses, type SilentBusesDeps } from "./silent-buses.ts";

/** A bus shows to be silent as a whole some polls after the first of its devices is missed: so long nobody is told of that. */
const heldBack: Millis = seconds(5);

/** An alarm of one controller that stands. */
export interface Candidate {
  readonly alarm: Alarm;
  /** On the monotonic clock: since when it has been so without a break; -Infinity: nobody knows. */
  readonly began: Millis;
  /** What all of it comes from; absent: its device, when it has one. */
  readonly origin: Origin | undefined;
  /** What it was part of until now. */
  readonly was: string | undefined;
}

/** An alarm, and what it is part of, for people; absent: it counts by itself. */
export interface Placed extends Candidate {
  readonly partOf?: string;
}

/** With these a controller gives others nothing to rely on. */
const downIds: ReadonlySet<string> = new Set(["fail-safe", "held", "broken"]);

/**
 * Which alarms of a site are only part of others: those of devices on a bus that is silent as a whole, those of controllers
 * that have nothing but such devices missing, or what such controllers publish, and those another controller has of the
 * same device already. What was wrong while its bus still answered has another cause, and is part of nothing.
 *
 * A silent bus is an alarm itself, of the first controller that minds: it begins and ends by the rules of that one's
 * configuration, and until it stands its devices speak for themselves.
 */
export class AlarmParents {
  readonly #deps: SilentBusesDeps;
  readonly #buses: SilentBuses;
  /** By what is wrong with which device: the controller that tells of it. */
  readonly #tellers = new Map<string, string>();
  /** Controllers that give others nothing, with what that is part of. */
  readonly #down = new Map<string, string | undefined>();

  constructor(deps: SilentBusesDeps) {
    this.#deps = deps;
    this.#buses = new SilentBuses(deps);
  }

  /** Of the buses these alarms come from that are silent as a whole, or were until a moment ago. */
  busesOf(all: readonly Candidate[]): readonly Alarm[] {
    const links = new Map<string, BusState["kind"]>();
    for (const one of all)
      for (const link of this.#linksOf(one)) {
        const { kind } = this.#buses.state(link);
        if (kind === "silent" || (kind === "returning" && wasOf(one, link))) links.set(link, kind);
      }
    return [...links].map(([link, kind]) => busAlarm(link, kind));
  }

  /** All alarms of one controller that stand now, in place of those before. */
  place(controller: string, all: readonly Candidate[]): readonly Placed[] {
    const told = new Set(all.map(({ alarm }) => alarm.id));
    const placed = all.map((one): Placed => {
      const partOf = this.#parentOf(one, told);
      return partOf === undefined ? one : { ...one, partOf };
    });
    const mine = new Set(placed.flatMap(({ alarm, partOf }) => (partOf === undefined ? keyOf(alarm) : [])));
    for (const [key, teller] of this.#tellers)
      if (teller === controller && !mine.has(key)) this.#tellers.delete(key);
    const down = placed.find(({ alarm }) => downIds.has(alarm.id));
    if (down === undefined) this.#down.delete(controller);
    else this.#down.set(controller, down.partOf);
    return placed.map((one) => this.#once(controller, one));
  }

  /** Whether it may turn out to be part of what nobody knows yet, such as a silent bus: it is told a moment later. */
  isOpen(one: Candidate): boolean {
    const devices = devicesOf(one);
    const causes = devices.length + (one.origin?.controllers.length ?? 0);
    if (causes === 0 || this.#deps.clock.monotonic() - one.began >= heldBack) return false;
    return devices.every((device) => {
      const link = this.#buses.linkOf(device);
      if (link === undefined || !this.#buses.isMissed(device)) return false;
      const { kind, newest } = this.#buses.state(link);
      return kind === "silent" || newest <= one.began;
    });
  }

  /** What all of it comes from, as far as that is told already. */
  #parentOf(one: Candidate, told: ReadonlySet<string>): string | undefined {
    const { origin, was } = one;
    if (origin?.over === true && was !== undefined) return was;
    const parents = new Set<string>();
    for (const device of devicesOf(one)) {
      const link = this.#buses.linkOf(device);
      if (link === undefined || !this.#isOf(one, link)) return undefined;
      const { id } = busAlarm(link, "silent");
      if (!told.has(id) && !this.#tellers.has(id)) return undefined;
      parents.add(`bus ${link}`);
    }
    for (const name of origin?.controllers ?? []) {
      if (!this.#down.has(name)) return undefined;
      parents.add(this.#down.get(name) ?? `controller ${name}`);
    }
    return parents.size === 0 ? undefined : [...parents].toSorted().join(separator);
  }

  #isOf(one: Candidate, link: string): boolean {
    const { kind, newest } = this.#buses.state(link);
    if (kind !== "silent") return kind === "returning" && wasOf(one, link);
    return one.began > -Infinity && one.began >= newest;
  }

  #linksOf(one: Candidate): readonly string[] {
    return devicesOf(one).flatMap((device) => this.#buses.linkOf(device) ?? []);
  }

  /** Whoever says it first tells of it; the next one does when that one's has ended. */
  #once(controller: string, one: Placed): Placed {
    const [key] = keyOf(one.alarm);
    if (one.partOf !== undefined || key === undefined) return one;
    const teller = this.#tellers.get(key) ?? controller;
    this.#tellers.set(key, teller);
    return teller === controller ? one : { ...one, partOf: `controller ${teller}` };
  }
}

const separator = ", ";

const devicesOf = ({ alarm, origin }: Candidate): readonly string[] =>
  origin?.devices ?? (alarm.device === undefined ? [] : [alarm.device]);

const wasOf = ({ was = "" }: Candidate, link: string): boolean =>
  was.split(separator).includes(`bus ${link}`);

const busAlarm = (link: string, kind: BusState["kind"]): Alarm => ({
  id: `bus:${link}`,
  severity: "major",
  text:
    kind === "silent"
      ? `nothing on bus ${link} answers: look at its line, its adapter and its power`
      : `bus ${link} answers again: what is on it is asked once more`,
});

/** Only what is said of a device, or of a bus, can be the same for several controllers. */
const keyOf = ({ id, device }: Alarm): readonly string[] =>
  device !== undefined ? [`${id} ${device}`] : id.startsWith("bus:") ? [id] : [];
