import type { Cancel, Clock, Instant } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import { type Keeper, noKeeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm, Definition } from "../contract.ts";
import { AlarmFlood } from "./alarm-flood.ts";
import { AlarmParents } from "./alarm-parents.ts";
import type {
  By,
  ControllerConfig,
  ControllerEvent,
  ControllerRuntime,
  ControllersConfig,
  ControllerStatus,
  ProfileRequest,
  ProfileStatus,
  StandingAlarm,
  StopReport,
  TraceListener,
} from "./api.ts";
import { arrange } from "./arrange.ts";
import { Duties } from "./duties.ts";
import { forgetOthers } from "./forget-others.ts";
import { openHere } from "./hosts.ts";
import { keptController } from "./kept.ts";
import { lastWrites } from "./last-writes.ts";
import { Listeners } from "./listeners.ts";
import { localHourOf } from "./local-hour.ts";
import type { Published } from "./observe.ts";
import { ProfileChange } from "./profile-change.ts";
import { Profiles, type ProfilesConfig } from "./profiles.ts";
import { Running } from "./running.ts";
import type { RunningDeps } from "./running-parts.ts";
import { Unloaded } from "./unloaded.ts";
import { type KnownVersion, notFound, openVersion, type OpenHost, versionOptions } from "./version.ts";

export interface ControllerDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly keeper?: Keeper;
  /** Controllers that come with Bothy. */
  readonly shipped?: readonly Definition[];
  /** Where code runs; default: here, for shipped ones and definitions only. */
  readonly open?: OpenHost;
  /** Absent: the site has none, and all controllers work. */
  readonly profiles?: ProfilesConfig | undefined;
  /** Hours since local midnight; default: by the time zone of the process. */
  readonly localHour?: (at: Instant) => number;
}

/** All controllers of a site. Nothing runs before `start`. */
export function createControllers(config: ControllersConfig, deps: ControllerDeps): ControllerRuntime {
  return new Controllers(config, deps);
}

class Controllers implements ControllerRuntime {
  readonly #config: ControllersConfig;
  readonly #deps: ControllerDeps;
  readonly #keeper: Keeper;
  readonly #running = new Map<string, Running>();
  readonly #unloaded = new Map<string, Unloaded>();
  readonly #notes = new Map<string, readonly Alarm[]>();
  readonly #profiles: Profiles;
  readonly #duties: Duties;
  readonly #change: ProfileChange;
  readonly #parents: AlarmParents;
  readonly #flood: AlarmFlood;
  readonly #traceListeners: Listeners<Parameters<TraceListener>>;
  readonly #eventListeners: Listeners<[event: ControllerEvent]>;
  #order: readonly Running[] = [];
  #bound = -1;
  /** Whether what controllers publish has changed since they were bound. */
  #stale = false;
  #cancel: Cancel = () => undefined;
  #stopped = false;

  constructor(config: ControllersConfig, deps: ControllerDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#keeper = deps.keeper ?? noKeeper;
    this.#profiles = new Profiles(deps.profiles, { ...deps, keeper: this.#keeper });
    this.#duties = new Duties(config, this.#profiles, deps.writer);
    this.#change = new ProfileChange({
      ...{ clock: deps.clock, log: deps.log, profiles: this.#profiles, duties: this.#duties },
      event: (event) => this.#eventListeners.tell(event),
      order: () => this.#order,
      bind: () => this.#bindAll(true),
      turn: (one) => this.#turn(one),
      round: () => this.#round(),
      protect: () => this.#protect(),
    });
    this.#parents = new AlarmParents(deps);
    this.#flood = new AlarmFlood(deps.clock);
    this.#traceListeners = new Listeners(deps.log);
    this.#eventListeners = new Listeners(deps.log);
  }

  async start(): Promise<void> {
    const own = this.#ownDeps();
    const loads = Object.entries(this.#config).map(([name, config]) => this.#load(name, config, own));
    for (const loaded of await Promise.all(loads)) {
      if (loaded instanceof Running) this.#running.set(loaded.name, loaded);
      else this.#unloaded.set(loaded.name, loaded);
    }
    // In the order of the configuration, whichever was loaded first.
    await Promise.all([...this.#running.values()].map((one) => one.resume()));
    if (this.#stopped) return;
    forgetOthers(this.#config, this.#keeper, this.#deps);
    this.#bindAll(true);
    for (const one of this.#running.values()) one.start();
    this.#round();
  }

  async stop(): Promise<StopReport> {
    this.#stopped = true;
    this.#cancel();
    const all = [...this.#running.values()];
    const writes = await Promise.all(
      all.map(async (one) =>
        (await one.end("the program stops")).map((sent) => ({ ...sent, controller: one.name })),
      ),
    );
    const undone = await lastWrites(writes.flat(), this.#deps);
    await Promise.all(all.map((one) => one.close()));
    await this.#keeper.flushed();
    return { undone };
  }

  list(): readonly ControllerStatus[] {
    return Object.keys(this.#config).flatMap((name) => this.get(name) ?? []);
  }

  get(name: string): ControllerStatus | undefined {
    const running = this.#running.get(name);
    if (running !== undefined) return running.status();
    return this.#unloaded.get(name)?.status;
  }

  setMode: ControllerRuntime["setMode"] = (name, request) => {
    const { who, why, mode } = request;
    this.#find(name).setMode(request);
    this.#deps.log.info({ controller: name, mode, who, why }, `${who} wants ${name} ${mode}`);
  };

  setSettings: ControllerRuntime["setSettings"] = async (name, patch, request) =>
    this.#find(name).setSettings(patch, request);

  swap: ControllerRuntime["swap"] = async (name, next, options) => {
    const report = await this.#find(name).swap(next, options);
    this.#bindAll(true);
    return report;
  };

  restart: ControllerRuntime["restart"] = async (name, { who, why }) => {
    const running = this.#running.get(name);
    if (running !== undefined) {
      running.mend(`${who}: ${why}`);
      return;
    }
    const unloaded = this.#unloaded.get(name);
    if (unloaded === undefined) throw notFound(name);
    const loaded = await this.#load(name, unloaded.config, this.#ownDeps());
    if (this.#stopped || this.#running.has(name)) {
      // Ended, or asked for twice, meanwhile.
      if (loaded instanceof Running) await loaded.close();
      return;
    }
    if (!(loaded instanceof Running)) {
      this.#unloaded.set(name, loaded);
      this.#protect();
      throw loaded.error;
    }
    this.#unloaded.delete(name);
    this.#deps.log.info({ controller: name, who, why }, `${name} is loaded after all: ${why}`);
    this.#running.set(name, loaded);
    await loaded.resume();
    this.#bindAll(true);
    unloaded.leave(loaded.binding.outputs);
    loaded.start();
    this.#round();
  };

  acknowledge(name: string, alarm: string, by: By): void {
    this.#find(name).acknowledge(alarm, by);
  }

  note(name: string, alarms: readonly Alarm[]): void {
    this.#notes.set(name, alarms);
  }

  takenBack(name: string, alarm: Alarm): void {
    this.#running.get(name)?.tellTakenBack(alarm);
  }

  alarms(): readonly StandingAlarm[] {
    return this.list().flatMap(({ alarms }) => alarms);
  }

  profile(): ProfileStatus | undefined {
    return this.#profiles.status;
  }

  async setProfile(request: ProfileRequest): Promise<ProfileStatus> {
    if (this.#stopped) throw new BothyError("STOPPED", { source: "the controllers" });
    await this.#change.make(request);
    return this.#profiles.status ?? { profile: request.profile, profiles: [], default: "" };
  }

  onTrace(listener: TraceListener): () => void {
    return this.#traceListeners.add(listener);
  }

  onEvent(listener: (event: ControllerEvent) => void): () => void {
    return this.#eventListeners.add(listener);
  }

  #ownDeps(): RunningDeps {
    const {
      clock,
      log,
      registry,
      store,
      writer,
      shipped = [],
      open = openHere(shipped, clock),
      localHour = localHourOf,
    } = this.#deps;
    return {
      ...{ clock, log, registry, store, writer, open, localHour },
      keeper: this.#keeper,
      parents: this.#parents,
      flood: this.#flood,
      published: (controller, value): Published | string =>
        this.#running.get(controller)?.published(value) ?? `controller ${controller} is not running`,
      notes: (controller) => this.#notes.get(controller) ?? [],
      publishers: () => this.#duties.publishers([...this.#running.values()]),
      yields: this.#duties.yields,
      event: (event) => {
        if (event.kind === "rolled back") this.#stale = true;
        this.#eventListeners.tell(event);
      },
      trace: (controller, trace, frame) => this.#traceListeners.tell(controller, trace, frame),
    };
  }

  async #load(name: string, config: ControllerConfig, own: RunningDeps): Promise<Running | Unloaded> {
    const { use, settings = {} } = config;
    let known: KnownVersion | undefined;
    try {
      const source = use.kind === "late" ? await use.read() : use;
      const version = await openVersion(source, settings, own.open, {
        ...versionOptions(name, config),
        ofAnother: use.kind === "late" && use.another?.() === true,
        onConfigured: (configured) => {
          known = configured;
        },
      });
      return new Running(name, config, version, own);
    } catch (thrown) {
      const error = asBothyError(thrown, `controller ${name}`);
      own.log.error({ controller: name }, `${name} cannot run: ${error.message}`);
      const since = this.#unloaded.get(name)?.since ?? own.clock.now();
      const left = { kept: keptController(this.#keeper, name), known };
      return new Unloaded({ name, config, error, since }, left, own, (which) => this.#duties.why(which));
    }
  }

  #find(name: string): Running {
    const found = this.#running.get(name);
    if (found !== undefined) return found;
    const unloaded = this.#unloaded.get(name);
    if (unloaded !== undefined) throw unloaded.error;
    throw notFound(name);
  }

  /** Binds whoever is not bound to what is there now, and puts all into the order in which they step. */
  #bindAll(force: boolean): void {
    const { registry } = this.#deps;
    if (!force && !this.#stale && registry.version === this.#bound) return;
    const anew = force || this.#stale;
    this.#stale = false;
    this.#bound = registry.version;
    const all = this.#all;
    for (const one of all.running) one.rebind(anew);
    this.#duties.assign(all);
    this.#order = arrange(all.running);
    this.#protect();
  }

  get #all() {
    return { running: [...this.#running.values()], unloaded: [...this.#unloaded.values()] };
  }

  #protect(): void {
    this.#duties.protect(this.#all, this.#change.isOver);
  }

  /** Steps whoever is due, publishers before those who take their values, and waits for the next deadline. */
  #round(): void {
    this.#cancel();
    if (this.#stopped) return;
    this.#bindAll(false);
    const now = this.#deps.clock.monotonic();
    if (this.#change.expire(now)) return;
    for (const one of this.#order) if (one.due <= now) this.#step(one, now);
    const next = Math.min(this.#profiles.ends, ...this.#order.map(({ due }) => due));
    if (next !== Infinity) this.#cancel = this.#deps.clock.at(next, () => this.#round());
  }

  /** Deadlines follow from deadlines; those that passed are counted, never caught up. */
  #step(one: Running, now: number): void {
    const passed = Math.floor((now - one.due) / one.period);
    one.due += one.period * (passed + 1);
    if (passed > 0) one.miss(passed);
    if (one.stepping) {
      one.miss(1);
      return;
    }
    this.#turn(one);
  }

  /** One step as soon as those it depends on have done theirs; whoever rests lets go after those that work. */
  #turn(one: Running): void {
    const providers = one.providers.map((name) => this.#running.get(name));
    const before = one.rest === undefined ? providers : this.#order.filter(({ rest }) => rest === undefined);
    const waits = [one, ...before].flatMap((other) => other?.busy ?? []);
    if (waits.length === 0) one.run();
    else one.runAfter(Promise.all(waits));
  }
}
