import { createHash } from "node:crypto";
import { BothyError } from "../../devices/errors.ts";
import { type LinkMemory, priority } from "../../devices/plugin.ts";
import { type Abilities, assumed, identityIn, keepIn, keptIn, printOf } from "./abilities.ts";
import type { AskOptions } from "./answer.ts";
import { getBootFlags } from "./commands/boot.ts";
import { getChassisStatus, getPowerOnHours } from "./commands/chassis.ts";
import { getPowerLimit, getPowerReading } from "./commands/dcmi.ts";
import { getSelfTest } from "./commands/controller.ts";
import { type DeviceId, getDeviceId } from "./commands/device-id.ts";
import { completionOf } from "./completion.ts";
import { isFruBlank, readFru } from "./fru/index.ts";
import { factsOf, type InventoryFacts } from "./parts/inventory.ts";
import type { PartDeps } from "./parts/part.ts";
import { unread } from "./parts/sensors.ts";
import { effectsOf, type QuirkEffects, quirksOf } from "./quirks.ts";
import type { FruLocatorRecord, SdrRecord } from "./sdr/model.ts";
import { readRepository, type SdrRepository, unchangedRepository } from "./sdr/repository.ts";
import { getSelInfo } from "./sel/requests.ts";
import { Thresholds } from "./sensor-facts.ts";
import { describeSensors, type Sensor } from "./sensors/sensor.ts";

/** What is known of a BMC: what its devices follow from. */
export interface Known {
  /** Absent: nobody has been told yet. */
  readonly identity?: DeviceId;
  readonly abilities: Abilities;
  readonly sensors: readonly Sensor[];
  readonly facts: Thresholds;
  /** For people. */
  readonly about: object;
  readonly notes: object;
}

const bmcAddress = 0x20;
const mostInventories = 32;

/** Finds out what a BMC has, and remembers it: at the start an unchanged BMC costs one request, later two. */
export class Learner {
  readonly #deps: PartDeps;
  readonly #memory: LinkMemory;
  readonly #asked: AskOptions;
  readonly facts: Thresholds;
  readonly #logged: Set<string>;
  #last: { readonly known: Known; readonly identity: string; readonly contents?: string } | undefined;
  #isProven = true;

  /** @param logged warnings that were logged: a repository that is empty is not kept, and read again and again */
  constructor(deps: PartDeps, memory: LinkMemory, signal: AbortSignal, logged = new Set<string>()) {
    this.#deps = deps;
    this.#memory = memory;
    this.#logged = logged;
    this.facts = new Thresholds(deps);
    this.#asked = { priority: priority.background, signal };
  }

  /** Whether what `learn` gave is of the BMC that is there, for all that can be known; see `prove`. */
  get isProven(): boolean {
    return this.#isProven;
  }

  /** What there is to go by before anybody was asked. */
  assumed(): Known {
    return {
      abilities: keptIn(this.#memory)?.abilities ?? assumed,
      sensors: [],
      facts: this.facts,
      about: {},
      notes: {},
    };
  }

  /**
   * @param anew whether to try everything again, though nothing seems to have changed
   * @returns the same object as the last time when nothing changed
   * @throws BothyError
   */
  async learn(anew: boolean): Promise<Known> {
    const { bmc } = this.#deps;
    const recalled = anew || this.#last !== undefined ? undefined : await this.#recall();
    if (recalled !== undefined) return recalled;
    const identity = await getDeviceId(bmc, this.#asked);
    const print = printOf(identity);
    const repository = await this.#repository(print, identity);
    this.#isProven = true;
    const before = this.#last;
    // Some BMCs have no records, or none they say a date of: what they give is compared instead.
    const contents = repository?.fromCache === true ? undefined : contentsOf(repository);
    const isSame = before?.identity === print && (contents === undefined || contents === before.contents);
    if (isSame && !anew) return before.known;
    const kept = keptIn(this.#memory);
    const abilities =
      !anew && kept?.identity === print && repository?.fromCache === true
        ? kept.abilities
        : await this.#try(identity, print, repository?.records ?? []);
    return this.#take(identity, abilities, repository, contents);
  }

  /**
   * Asks who the BMC is, when `learn` went by its records alone.
   * @returns whether it is who it was; if not, `learn` is to be called again
   * @throws BothyError
   */
  async prove(): Promise<boolean> {
    if (this.#isProven) return true;
    // Before what is read meanwhile.
    const identity = await getDeviceId(this.#deps.bmc, { ...this.#asked, priority: priority.control });
    this.#isProven ||= printOf(identity) === this.#last?.identity;
    return this.#isProven;
  }

  /** What is known from an earlier run, when the records seem to be the same. */
  async #recall(): Promise<Known | undefined> {
    const kept = keptIn(this.#memory);
    const identity = kept === undefined ? undefined : identityIn(kept.identity);
    if (kept === undefined || identity === undefined) return undefined;
    const repository = await this.#answeredOrNone(
      unchangedRepository(this.#deps.bmc, { ...this.#reading(), identity: kept.identity }),
    );
    if (repository === undefined) return undefined;
    this.#isProven = false;
    return this.#take(identity, kept.abilities, repository);
  }

  #take(
    identity: DeviceId,
    abilities: Abilities,
    repository: SdrRepository | undefined,
    contents?: string,
  ): Known {
    this.facts.forget();
    const { assumeBmc = false } = this.#effects(identity).sensors;
    const sensors = describeSensors(repository?.records ?? [], { assumeBmc });
    const known = {
      identity,
      abilities,
      sensors,
      facts: this.facts,
      about: aboutOf(identity),
      notes: notesOf(repository, sensors),
    };
    this.#last = { known, identity: printOf(identity), ...(contents === undefined ? {} : { contents }) };
    return known;
  }

  /** Learns what is good to know but not needed. @throws BothyError */
  async learnMore({ sensors }: Known): Promise<void> {
    await this.facts.renew(sensors, this.#asked);
  }

  #reading() {
    return { clock: this.#deps.clock, cache: this.#memory, cacheKey: "sdr-1", ...this.#asked };
  }

  /** @returns undefined when the BMC has none to give */
  async #repository(identity: string, { supports }: DeviceId): Promise<SdrRepository | undefined> {
    const { bmc, log, settings } = this.#deps;
    const source = supports.sdr ? "repository" : "device";
    const repository = await this.#answeredOrNone(
      readRepository(bmc, { ...this.#reading(), identity, source }),
    );
    if (repository?.fromCache === false)
      for (const warning of repository.warnings.filter((one) => !this.#logged.has(one))) {
        this.#logged.add(warning);
        log.info({ link: settings.name }, `${settings.name}: sensor records: ${warning}`);
      }
    return repository;
  }

  async #answeredOrNone<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      return await work;
    } catch (thrown) {
      if (completionOf(thrown) === undefined) throw thrown;
      return undefined;
    }
  }

  /** What is done otherwise for this BMC: as it is configured, and as its family is known. */
  #effects(identity: DeviceId): QuirkEffects {
    return effectsOf([...quirksOf(identity), ...this.#deps.settings.quirks]);
  }

  async #try(identity: DeviceId, print: string, records: readonly SdrRecord[]): Promise<Abilities> {
    const { bmc } = this.#deps;
    const asked = this.#asked;
    const { dcmiAbsent = false, chunk } = this.#effects(identity).commands;
    const chassis = await answered(getChassisStatus(bmc, asked));
    const knows = async (work: Promise<unknown>): Promise<boolean> => (await answered(work)) !== undefined;
    const abilities: Abilities = {
      chassis: chassis !== undefined,
      lampIsSeen: chassis?.identify !== undefined,
      boot: await knows(getBootFlags(bmc, asked)),
      powerReading: !dcmiAbsent && (await knows(getPowerReading(bmc, asked))),
      powerLimit: !dcmiAbsent && (await knows(getPowerLimit(bmc, asked).then(() => true))),
      events: await knows(getSelInfo(bmc, asked)),
      hours: await knows(getPowerOnHours(bmc, asked)),
      selfTest: await knows(getSelfTest(bmc, asked)),
      inventories: await this.#inventories(records, chunk),
    };
    keepIn(this.#memory, { identity: print, abilities });
    return abilities;
  }

  async #inventories(
    records: readonly SdrRecord[],
    chunk: number | undefined,
  ): Promise<readonly InventoryFacts[]> {
    const { bmc, clock } = this.#deps;
    const locators = records.filter((record): record is FruLocatorRecord => record.kind === "fru-locator");
    const own = locators.filter(({ isLogical, accessAddress }) => isLogical && accessAddress === bmcAddress);
    const names = new Map<number, string>([[0, own.find(({ fruId }) => fruId === 0)?.name ?? "inventory"]]);
    for (const { fruId, name } of own.slice(0, mostInventories))
      if (!names.has(fruId)) names.set(fruId, name);
    const found: InventoryFacts[] = [];
    for (const [fruId, name] of names) {
      const options = { clock, ...this.#asked, ...(chunk === undefined ? {} : { chunk }) };
      const facts = await answered(
        readFru(bmc, fruId, options).then(({ fru }) => ({ facts: factsOf(fru) }), blankAs),
      );
      if (facts !== undefined) found.push({ fruId, name, ...facts });
    }
    return found;
  }
}

/** What stands for the records that were read. */
const contentsOf = (repository: SdrRepository | undefined): string =>
  createHash("sha256")
    .update(JSON.stringify(repository?.records ?? []))
    .digest("base64");

/** An inventory without anything in it. @throws what was thrown, when it is not that */
function blankAs(thrown: unknown): Pick<InventoryFacts, "facts" | "fault"> {
  if (!isFruBlank(thrown)) throw thrown;
  return { facts: {}, fault: String(thrown.params["fault"]) };
}

/** What was answered; undefined when it was refused, or made no sense. @throws BothyError when nobody answered */
async function answered<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if (completionOf(thrown) !== undefined) return undefined;
    if (thrown instanceof BothyError && meaningless.has(thrown.code)) return undefined;
    throw thrown;
  }
}

const meaningless: ReadonlySet<string> = new Set(["ABSENT", "BAD_FRAME", "SHORT_FRAME"]);

function aboutOf({ firmware, makerName, product, ipmi }: DeviceId): object {
  return { firmware, maker: makerName, product, ipmi };
}

function notesOf(repository: SdrRepository | undefined, sensors: readonly Sensor[]): object {
  const without = unread(sensors);
  return {
    sensorRecords:
      repository === undefined
        ? { fault: "the BMC gives no sensor records" }
        : {
            source: repository.source,
            count: repository.records.length,
            fromCache: repository.fromCache,
            requests: repository.requests,
            ...(repository.warnings.length === 0 ? {} : { warnings: repository.warnings }),
          },
    ...(Object.keys(without).length === 0 ? {} : { withoutReadings: without }),
  };
}
