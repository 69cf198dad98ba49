import { join } from "node:path";
import { createControllers } from "../../controllers/runtime/runtime.ts";
import type {
  AlarmRule,
  ControllerConfig,
  ControllerEvent,
  ControllerRuntime,
  ControllersConfig,
} from "../../controllers/runtime/api.ts";
import type { ProfilesConfig } from "../../controllers/runtime/profiles.ts";
import type { Bundle, LateSource, Source } from "../../controllers/runtime/source.ts";
import { shipped as comesWithBothy } from "../../controllers/shipped/index.ts";
import type { Alarm, Definition } from "../../controllers/contract.ts";
import type { Recorded } from "../../controllers/trace/recorded.ts";
import { recordSteps } from "../../controllers/trace/recorder.ts";
import { Tunings } from "../../controllers/tuning/tunings.ts";
import { Trace } from "../../controllers/trace/trace.ts";
import { VersionStore } from "../../controllers/versions/store.ts";
import { Versions } from "../../controllers/versions/versions.ts";
import type { Clock, Instant } from "../../devices/clock.ts";
import { parseDuration } from "../../devices/duration.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { SiteConfig } from "../config-schema.ts";
import { type Loader, siteLoader } from "./loader.ts";
import { type ControllerSection, isFile } from "./section.ts";
import { Shelves } from "./shelves.ts";
import { watchSources } from "./watch.ts";

export interface SiteControllersDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly keeper: Keeper;
  /** Default: those that come with Bothy. */
  readonly shipped?: readonly Definition[];
  /** Default: threads, and files of the disk. */
  readonly loader?: Loader;
  /** Hours since local midnight. */
  readonly localHour?: (at: Instant) => number;
  /** Controllers besides those of the configuration. */
  readonly more?: ControllersConfig;
}

/** Something that happened to a controller. */
export type Told = ControllerEvent & { readonly at: Instant };

/** Happenings of a controller that are told of. */
const mostTold = 100;

/** The controllers of a site with all that belongs to them: their trace, their versions, what happened. */
export class SiteControllers {
  readonly trace: Trace<Recorded>;
  readonly versions: Versions;
  /** Trials that find gains. */
  readonly tunings: Tunings;
  /** Alarms somebody knows of. */
  readonly shelves: Shelves;
  readonly shipped: readonly Definition[];
  readonly #config: SiteConfig;
  readonly #deps: SiteControllersDeps;
  readonly #loader: Loader;
  readonly #told = new Map<string, Told[]>();
  readonly #swaps = new Map<string, number>();
  /** Controllers that began with another version than the configured one. */
  readonly #others = new Set<string>();
  #runtime: ControllerRuntime | undefined;
  #starting: Promise<void> = Promise.resolve();
  readonly #ended = new AbortController();
  #stopRecording: () => void = () => undefined;

  constructor(config: SiteConfig, deps: SiteControllersDeps) {
    const { clock, log, shipped = comesWithBothy } = deps;
    this.#config = config;
    this.#deps = deps;
    this.shipped = shipped;
    this.#loader = deps.loader ?? siteLoader({ clock, log, shipped });
    const folder = config.state === undefined ? undefined : join(config.state.folder, "controllers");
    const { megabytes, keepFor } = config.trace ?? {};
    this.trace = new Trace<Recorded>(
      { clock, log },
      {
        folder: folder === undefined || !this.#any ? undefined : join(folder, "trace"),
        megabytes,
        keepFor: keepFor === undefined ? undefined : parseDuration(keepFor),
      },
    );
    const store = new VersionStore({
      clock,
      log,
      folder: folder === undefined ? undefined : join(folder, "versions"),
    });
    this.tunings = new Tunings({ clock, log, writer: deps.writer });
    this.shelves = new Shelves({ clock, log, keeper: deps.keeper });
    this.versions = new Versions({
      ...{ clock, log, store, trace: this.trace, shipped },
      openHost: (source) => this.#loader.open(source, { name: "a version that commands nothing" }),
    });
  }

  /** Names of the configuration. */
  get names(): readonly string[] {
    return [...Object.keys(this.#config.controllers ?? {}), ...Object.keys(this.#deps.more ?? {})];
  }

  /** @throws BothyError `STOPPED` before the start and after the end */
  get runtime(): ControllerRuntime {
    if (this.#runtime === undefined) throw new BothyError("STOPPED", { source: "the controllers" });
    return this.#runtime;
  }

  /** Undefined while nothing runs yet. */
  get running(): ControllerRuntime | undefined {
    return this.#runtime;
  }

  /** What happened to a controller since the start, the newest first. */
  told = (name: string): readonly Told[] => [...(this.#told.get(name) ?? [])].reverse();

  /** How often another version took the place of one. */
  swaps = (name: string): number => this.#swaps.get(name) ?? 0;

  /** A text as a version: it is loaded nowhere yet. @throws BothyError `BAD_INPUT` */
  bundleText = (file: string, text: string): Promise<Bundle> => this.#loader.bundleText(file, text);

  /** Begins to load and run; returns at once. Never throws. */
  start(): void {
    if (!this.#any) return;
    this.#starting = this.#start().catch((error: unknown) => {
      this.#deps.log.error({ error }, "controllers could not be started");
    });
  }

  /** Resolves when all that can run runs. */
  started = (): Promise<void> => this.#starting;

  /** Fail-safe values are applied before this resolves, or told of. */
  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#starting;
    this.tunings.close();
    await this.#runtime?.stop();
    this.#stopRecording();
    await this.versions.close();
    this.trace.close();
  }

  get #any(): boolean {
    return this.names.length > 0;
  }

  async #start(): Promise<void> {
    const { clock, log } = this.#deps;
    const sections = Object.entries(this.#config.controllers ?? {});
    const configs = sections.map(([name, section]) => [name, this.#configOf(name, section)] as const);
    const { open } = this.#loader;
    const { localHour, more, registry, store, writer, keeper } = this.#deps;
    const runtime = createControllers(
      { ...Object.fromEntries(configs), ...more },
      {
        ...{ clock, log, registry, store, writer, keeper, shipped: this.shipped, open },
        ...(localHour === undefined ? {} : { localHour }),
        profiles: profilesConfig(this.#config),
      },
    );
    this.#runtime = runtime;
    const stops = [runtime.onEvent((event) => this.#tell(event)), recordSteps(runtime, this.trace)];
    this.#stopRecording = () => {
      for (const stop of stops) stop();
    };
    this.versions.follow(runtime);
    this.tunings.follow(runtime);
    await runtime.start();
    this.versions.started();
    const watched = sections.filter(([, { use, watch }]) => watch === true && isFile(use));
    watchSources(
      watched.map(([name, { use }]) => ({ name, file: use })),
      {
        clock,
        log,
        versions: this.versions,
        bundle: (file) => this.#loader.bundle(file),
        revive: async (name, by) => {
          if (runtime.get(name)?.standing !== "failed to load") return false;
          await runtime.restart(name, by);
          return true;
        },
        refused: (name, why) => runtime.note(name, why === undefined ? [] : [fileAlarm(why)]),
        signal: this.#ended.signal,
      },
    );
  }

  #configOf(name: string, section: ControllerSection): ControllerConfig {
    const { use } = section;
    const another = (): boolean => this.#others.has(name);
    const source: LateSource = isFile(use)
      ? { kind: "late", of: { kind: "bundle", file: use }, read: () => this.#read(name, use), another }
      : { kind: "late", of: { kind: "shipped" }, read: () => this.#shipped(name, use), another };
    return { ...runtimeConfig(section), use: source };
  }

  #shipped(name: string, use: string): Promise<Source> {
    return new Promise((resolve) => resolve(this.#atStart(name, { kind: "shipped", name: use })));
  }

  #atStart(name: string, configured: Source): Source {
    const source = this.versions.sourceAtStart(name, configured);
    if (source === configured) this.#others.delete(name);
    else this.#others.add(name);
    return source;
  }

  /** A file's controller; when that cannot be read, the version that was in force last. @throws BothyError when there is none */
  async #read(name: string, file: string): Promise<Source> {
    const { log } = this.#deps;
    try {
      const bundle = await this.#loader.bundle(file);
      this.#runtime?.note(name, []);
      return this.#atStart(name, bundle);
    } catch (thrown) {
      const before = this.versions.lastInForce(name);
      if (before === undefined) throw thrown;
      this.#others.add(name);
      const { message } = asBothyError(thrown, `controller ${name}`);
      log.error({ controller: name, file }, `the version in force last goes on: ${message}`);
      this.#runtime?.note(name, [fileAlarm(message)]);
      return before;
    }
  }

  #tell(event: ControllerEvent): void {
    const { controller } = event;
    const told = this.#told.get(controller) ?? [];
    if (told.length >= 2 * mostTold) told.splice(0, told.length - mostTold);
    told.push({ ...event, at: this.#deps.clock.now() });
    this.#told.set(controller, told);
    if (event.kind === "swapped" || event.kind === "rolled back")
      this.#swaps.set(controller, this.swaps(controller) + 1);
  }
}

/** Somebody has to mend a file: until then another version than the one it holds is in force. */
const fileAlarm = (why: string): Alarm => ({
  id: "file",
  severity: "warning",
  text: `what its file says is not in force, the version before is: ${why}`,
});

/** The first is in force when none is said to be. */
function profilesConfig({ profiles }: SiteConfig): ProfilesConfig | undefined {
  const [first, ...others] = profiles?.names ?? [];
  return first === undefined ? undefined : { names: [first, ...others], default: profiles?.default ?? first };
}

/** The section of one controller as the runtime takes it, but for its code. */
function runtimeConfig(section: ControllerSection): Omit<ControllerConfig, "use"> {
  const { where, inputs, outputs, settings, profiles } = section;
  const { holdFor, recoverAfter, heartbeat, alarms, isolation } = section;
  return {
    ...(where === undefined ? {} : { where }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(settings === undefined ? {} : { settings }),
    ...(profiles === undefined ? {} : { profiles }),
    ...(holdFor === undefined ? {} : { holdFor: parseDuration(holdFor) ?? 0 }),
    ...(recoverAfter === undefined ? {} : { recoverAfter }),
    ...(isolation === undefined ? {} : { isolation }),
    ...(alarms === undefined ? {} : { alarms: alarmRules(alarms) }),
    ...(heartbeat === undefined
      ? {}
      : {
          heartbeat: heartbeat.map(({ tags, action, value, every }) => ({
            ...{ tags, action, value: value ?? "toggle", every: parseDuration(every) ?? 1000 },
          })),
        }),
  };
}

const alarmRules = (rules: NonNullable<ControllerSection["alarms"]>): Readonly<Record<string, AlarmRule>> =>
  Object.fromEntries(
    Object.entries(rules).map(([id, { onDelay = "0s", offDelay = "0s", latch = false }]) => [
      id,
      { latch, onDelay: parseDuration(onDelay) ?? 0, offDelay: parseDuration(offDelay) ?? 0 },
    ]),
  );
