import { type Clock, hours, type Instant, type Millis, minutes } from "../../devices/clock.ts";
import { asBothyError, BothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import { Latency } from "../../devices/latency.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Registry } from "../../devices/registry.ts";
import type { ReadingStore } from "../../devices/store.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Alarm, FailSafe } from "../contract.ts";
import type {
  By,
  ControllerConfig,
  ControllerEvent,
  ControllerStatus,
  ModeRequest,
  Standing,
  SwapOptions,
  SwapReport,
  TraceListener,
} from "./api.ts";
import { bind, type Binding, type Publisher } from "./binding.ts";
import type { EngineMemory, EngineOptions, EngineResult } from "./engine.ts";
import type { Failure, Frame, Mode, StepTrace, WantedMode } from "./frame.ts";
import { Heartbeats } from "./heartbeat.ts";
import type { Outcome } from "./host.ts";
import { ageOfKept, handOverTime, keepEvery, keptController, overridesOf } from "./kept.ts";
import { observeAll, type Published, type TargetsNow, targetsNow, whoOf } from "./observe.ts";
import { Orders } from "./orders.ts";
import { completeSettings } from "./settings.ts";
import type { Shape } from "./shape.ts";
import type { Source } from "./source.ts";
import { StandingAlarms } from "./standing-alarms.ts";
import { type HostOptions, labelOf, openVersion, type OpenHost, stateFor, type Version } from "./version.ts";

export interface RunningDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly store: ReadingStore;
  readonly writer: Writer;
  readonly keeper: Keeper;
  readonly open: OpenHost;
  readonly localHour: (at: Instant) => number;
  readonly published: (controller: string, value: string) => Published | string;
  readonly publishers: () => readonly Publisher[];
  readonly event: (event: ControllerEvent) => void;
  readonly trace: TraceListener;
}

/** This many failures within this long, and it is left in fail-safe for a while. */
const mostFailures = 5;
const failuresWithin: Millis = minutes(10);
/** Nobody may come for months. */
const brokenFor: Millis = hours(1);
const defaultModeHold: Millis = hours(1);
const longestModeHold: Millis = hours(24);
export const defaultProbation: Millis = minutes(15);
/** Missed deadlines are told until so many steps in a row were in time. */
const stepsInTime = 10;

interface Probation {
  readonly previous: Version;
  readonly stateThen: EngineMemory;
  readonly until: Millis;
  readonly untilWall: Instant;
  missed: number;
}

/** One controller of a site while it runs: its version, what it is bound to, its mode and settings, and its steps. */
export class Running {
  readonly name: string;
  readonly period: Millis;
  readonly who: string;
  /** On the monotonic clock: when the next step is due. */
  due: Millis = 0;
  /** A step, or a version being put in place of another. */
  busy: Promise<void> | undefined;
  binding: Binding = { inputs: [], outputs: [], faults: [] };
  readonly #config: ControllerConfig;
  readonly #deps: RunningDeps;
  readonly #orders: Orders;
  readonly #alarms: StandingAlarms;
  readonly #heartbeats: Heartbeats;
  readonly #took = new Latency();
  #version: Version;
  #overrides: Readonly<Record<string, unknown>> = {};
  #boundAt = -1;
  #boundText = "";
  #stepping = false;
  #standing: Standing = "starting";
  #fault: string | undefined;
  #mode: Mode = "fail-safe";
  #wanted: WantedMode = "automatic";
  #wantedUntil: { readonly mono: Millis; readonly wall: Instant } | undefined;
  #modeBy: By | undefined;
  #lastBegan: Millis | undefined;
  #last: StepTrace | undefined;
  #steps = 0;
  #missed = 0;
  #missedLately = 0;
  #failures = 0;
  #failedAt: readonly Millis[] = [];
  #lastFailure: (Failure & { readonly at: Instant }) | undefined;
  #brokenUntil: Millis = 0;
  #keptAt: Millis = -Infinity;
  #probation: Probation | undefined;
  #published: Readonly<Record<string, Published>> = {};
  #rivals: TargetsNow["rivals"] = new Map();

  constructor(name: string, config: ControllerConfig, version: Version, deps: RunningDeps) {
    this.name = name;
    this.who = whoOf(name);
    this.#config = config;
    this.#version = version;
    this.#deps = deps;
    this.period = version.host.shape.period;
    this.#orders = new Orders(this.who, deps);
    this.#alarms = new StandingAlarms(name, (kind, alarm) => {
      const { severity, text } = alarm;
      const level = kind === "raised" && (severity === "major" || severity === "critical") ? "warn" : "info";
      deps.log[level](
        { controller: name, alarm: alarm.id, severity },
        `${name}: ${kind === "raised" ? "" : "over: "}${text}`,
      );
      deps.event({ kind, controller: name, alarm });
    });
    this.#heartbeats = new Heartbeats(config.heartbeat ?? [], this.who, deps, () => this.#lives());
  }

  get shape(): Shape {
    return this.#version.host.shape;
  }

  /** What applies when it cannot be trusted. */
  get failSafe(): FailSafe {
    return this.#version.core.failSafeValues;
  }

  /** Names of the controllers whose values it takes. */
  get providers(): readonly string[] {
    return this.binding.inputs.flatMap((one) => ("controller" in one ? [one.controller] : []));
  }

  published(value: string): Published | string {
    const found = this.#published[value];
    if (found === undefined)
      return `controller ${this.name} is ${this.#mode}, so \`${value}\` is not to be relied on`;
    const age = this.#deps.clock.monotonic() - found.at;
    return age <= 3 * this.period
      ? found
      : `controller ${this.name} has not stepped for ${Math.round(age)} ms`;
  }

  /** Goes on where the program before ended. */
  async resume(): Promise<void> {
    const { keeper, clock, log } = this.#deps;
    const kept = keptController(keeper, this.name);
    if (kept?.name !== this.shape.name) return;
    const configured = this.#config.settings ?? {};
    this.#orders.know(kept.outputs);
    try {
      await this.#configure({ ...overridesOf(kept, configured) });
      const { state, how } = await stateFor(this.#version, kept.memory);
      const age = ageOfKept(kept, clock.now());
      const soon = age <= handOverTime && how !== "fresh";
      const memory = soon
        ? kept.memory
        : { ...kept.memory, failSafe: true, goods: 0, why: "it has just begun" };
      this.#version.core.resume(memory, state, soon ? (handOverTime - age) / 1000 : 0, !soon);
      const { wanted, until, by } = kept.mode;
      if (wanted !== "automatic" && until !== undefined && until > clock.now() && by !== undefined)
        this.setMode({ ...by, mode: wanted, holdFor: Math.min(until - clock.now(), longestModeHold) });
    } catch (thrown) {
      const { message } = asBothyError(thrown, this.name);
      log.warn({ controller: this.name }, `${this.name} begins anew: what was kept is of no use: ${message}`);
    }
  }

  start(): void {
    this.due = this.#deps.clock.monotonic();
    this.#stand("running", "it was started");
    this.#heartbeats.start();
  }

  /** Binds anew when devices have changed. @returns whether anything is bound otherwise than before */
  rebind(force = false): boolean {
    const { registry, log, publishers, event } = this.#deps;
    if (registry.version === this.#boundAt && !force) return false;
    this.#boundAt = registry.version;
    const next = bind(this.name, this.shape, this.#config, registry, publishers());
    this.#orders.giveUpLost(next.outputs);
    const text = JSON.stringify(next);
    this.binding = next;
    if (text === this.#boundText) return false;
    this.#boundText = text;
    const names = (of: Binding): string[] => [...of.inputs, ...of.outputs].map(({ name }) => name);
    log.info(
      {
        controller: this.name,
        inputs: names({ ...next, outputs: [] }),
        outputs: names({ ...next, inputs: [] }),
      },
      `${this.name} is bound to ${next.inputs.length} values and ${next.outputs.length} actions`,
    );
    for (const { path, message, remedy } of next.faults)
      log.warn({ controller: this.name }, `${this.name}, ${path.join(".")}: ${message}: ${remedy}`);
    event({ kind: "bindings", controller: this.name });
    return true;
  }

  /** Leaves out values of controllers that wait for this one. */
  cut(inputs: Binding["inputs"], faults: Binding["faults"]): void {
    this.binding = { ...this.binding, inputs, faults: [...this.binding.faults, ...faults] };
  }

  /** Deadlines that passed while a step was under way, or while nobody looked. */
  miss(count: number): void {
    this.#missed += count;
    this.#missedLately = stepsInTime;
    if (this.#probation !== undefined) this.#probation.missed += count;
  }

  /** Whether a step is under way, or waits for others. */
  get stepping(): boolean {
    return this.#stepping;
  }

  /** One step now. */
  run(): void {
    const done = this.#step();
    if (done !== undefined) this.#under(done);
  }

  /** One step as soon as others have done theirs. */
  runAfter(others: Promise<unknown>): void {
    this.#under(others.then(() => this.#step()));
  }

  #under(done: Promise<void>): void {
    this.#stepping = true;
    const busy = done
      .catch((thrown: unknown) => {
        const { message, stack } = asBothyError(thrown, this.name);
        this.#deps.log.error({ controller: this.name, stack }, message);
      })
      .then(() => {
        this.#stepping = false;
        if (this.busy === busy) this.busy = undefined;
      });
    this.busy = busy;
  }

  /** @returns when its function runs elsewhere: resolves when the step is over */
  #step(): Promise<void> | undefined {
    if (this.#standing === "stopped") return undefined;
    this.#expire();
    const frame = this.#frame();
    const broken = this.#standing === "broken";
    const call = this.#version.core.begin(frame);
    if (call === undefined) return this.#finish(frame, undefined);
    if (broken)
      return this.#finish(frame, {
        failure: { kind: "lost", text: `broken: ${this.#fault ?? ""}` },
        took: 0,
      });
    const before = this.#probation === undefined ? undefined : this.#version.core.memory;
    const outcome = this.#version.host.step(call);
    if (!(outcome instanceof Promise)) return this.#finish(frame, outcome, before);
    return outcome.then((done) => this.#finish(frame, done, before));
  }

  status(): ControllerStatus {
    const { shape } = this;
    const { source, configured } = this.#version;
    return {
      name: this.name,
      standing: this.#standing,
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      definition: shape,
      failSafe: this.failSafe,
      source: describe(source),
      period: this.period,
      mode: this.#mode,
      wantedMode: this.#wanted,
      ...(this.#wantedUntil === undefined ? {} : { modeUntil: this.#wantedUntil.wall }),
      ...(this.#modeBy === undefined ? {} : { modeBy: this.#modeBy }),
      settings: configured.settings,
      steps: this.#steps,
      missed: this.#missed,
      failures: this.#failures,
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      took: this.#took.durations(),
      ...(this.#last === undefined ? {} : { last: this.#last }),
      inputs: this.binding.inputs,
      outputs: this.binding.outputs,
      bindingFaults: this.binding.faults,
      published: Object.fromEntries(Object.entries(this.#published).map(([key, { value }]) => [key, value])),
      alarms: this.#alarms.all,
      ...(this.#probation === undefined
        ? {}
        : { probation: { until: this.#probation.untilWall, previous: labelOf(this.#probation.previous) } }),
    };
  }

  /** @throws BothyError `BAD_INPUT` */
  setMode({ mode, holdFor, who, why }: ModeRequest): void {
    const source = `mode of controller ${this.name}`;
    if (!["automatic", "manual", "off"].includes(mode))
      throw new BothyError("BAD_INPUT", { source, fault: `there is no mode ${mode}` });
    const span = holdFor ?? defaultModeHold;
    if (!(span > 0 && span <= longestModeHold))
      throw new BothyError("BAD_INPUT", { source, fault: "it lasts longer than 0 s and at most 24 h" });
    const { clock } = this.#deps;
    this.#wanted = mode;
    this.#modeBy = { who, why };
    this.#wantedUntil =
      mode === "automatic" ? undefined : { mono: clock.monotonic() + span, wall: clock.now() + span };
    this.#keep(true);
  }

  /** @throws BothyError `BAD_INPUT` with every limit that was broken: then nothing has changed */
  async setSettings(
    patch: Readonly<Record<string, unknown>>,
    by: By,
  ): Promise<Readonly<Record<string, unknown>>> {
    await this.#configure({ ...this.#overrides, ...patch });
    const { settings } = this.#version.configured;
    this.#deps.log.info(
      { controller: this.name, patch, ...by },
      `${by.who} changes settings of ${this.name}`,
    );
    this.#deps.event({ kind: "settings", controller: this.name, by, settings });
    this.#keep(true);
    return settings;
  }

  /** Begins anew after `broken`. */
  mend(why: string): void {
    if (this.#standing !== "broken") return;
    this.#failedAt = [];
    this.#fault = undefined;
    this.#stand("running", why);
  }

  /** @throws BothyError `BAD_INPUT`, `BAD_CONFIG`, `INTERNAL`: then the version that runs goes on */
  async swap(source: Source, options: SwapOptions): Promise<SwapReport> {
    const settings = options.settings ?? { ...this.#config.settings, ...this.#overrides };
    const next = await openVersion(source, settings, this.#deps.open, this.#hostOptions());
    try {
      return await this.#between(() => this.#takeOver(next, options));
    } catch (thrown) {
      await next.host.close();
      throw thrown;
    }
  }

  /** The last step under way may end; then fail-safe. @returns ids of writes to wait for */
  async end(why: string): Promise<ReturnType<Orders["send"]>> {
    this.#heartbeats.stop();
    const { clock } = this.#deps;
    const over = new AbortController();
    await Promise.race([this.busy, clock.sleepUntil(clock.monotonic() + 1000, over.signal)]);
    over.abort();
    this.#keep(true);
    this.#stand("stopped", why);
    if (this.#wanted === "off") return [];
    const { outputs, rivals } = this.#targets();
    return this.#orders.send(this.#version.core.lastWill(outputs, why), rivals);
  }

  async close(): Promise<void> {
    await this.#version.host.close();
    await this.#probation?.previous.host.close();
  }

  async #configure(overrides: Readonly<Record<string, unknown>>): Promise<void> {
    const version = this.#version;
    const settings = completeSettings(this.shape, { ...this.#config.settings, ...overrides });
    version.configured = await version.host.configure(settings);
    version.core.configure(version.configured);
    this.#overrides = overrides;
  }

  #hostOptions(): HostOptions & EngineOptions {
    const { holdFor, recoverAfter, isolation } = this.#config;
    return {
      name: this.name,
      isolation,
      ...(holdFor === undefined ? {} : { holdFor }),
      ...(recoverAfter === undefined ? {} : { recoverAfter }),
    };
  }

  /** Between two steps: steps that fall due meanwhile wait. */
  async #between<T>(work: () => Promise<T>): Promise<T> {
    while (this.busy !== undefined) await this.busy;
    const done = work();
    const busy = done.then(
      () => undefined,
      () => undefined,
    );
    this.busy = busy;
    try {
      return await done;
    } finally {
      if (this.busy === busy) this.busy = undefined;
    }
  }

  async #takeOver(next: Version, options: SwapOptions): Promise<SwapReport> {
    const { clock, log, event } = this.#deps;
    const began = clock.monotonic();
    const before = this.#version;
    const memory = before.core.memory;
    const { state, how } =
      options.handover === "fresh"
        ? { state: await next.host.init(), how: "fresh" as const }
        : await stateFor(next, memory);
    next.core.resume(memory, await this.#tried(next, memory, state, how === "fresh"));
    const probation = options.probation ?? defaultProbation;
    await this.#probation?.previous.host.close();
    this.#probation = {
      previous: before,
      stateThen: memory,
      until: clock.monotonic() + probation,
      untilWall: clock.now() + probation,
      missed: 0,
    };
    this.#version = next;
    this.rebind(true);
    const report: SwapReport = {
      from: labelOf(before),
      to: labelOf(next),
      state: how,
      pause: clock.monotonic() - began,
    };
    const { who, why } = options;
    log.info(
      { controller: this.name, ...report, who, why },
      `${this.name}: ${report.to} takes over from ${report.from}`,
    );
    event({ kind: "swapped", controller: this.name, by: { who, why }, report, source: next.source });
    return report;
  }

  /**
   * A step that only follows what is applied, whose outputs nobody sees: a version that cannot even do that does not
   * take over.
   * @returns the state to begin with
   */
  async #tried(next: Version, memory: EngineMemory, state: unknown, fresh: boolean): Promise<unknown> {
    const { core, host } = next;
    const bound = bind(this.name, host.shape, this.#config, this.#deps.registry, this.#deps.publishers());
    const frame = { ...this.#frame(bound, host.shape, false), wanted: "manual" } as const;
    core.resume(memory, state);
    const call = core.begin(frame);
    const { failure } = core.finish(call === undefined ? undefined : await host.step(call));
    if (failure !== undefined)
      throw new BothyError("BAD_CONFIG", {
        source: labelOf(next),
        fault: `it was tried, and ${failure.text}`,
      });
    const outputs = Object.keys(host.shape.outputs).filter((name) => Object.hasOwn(this.shape.outputs, name));
    if (outputs.length === 0 && Object.keys(this.shape.outputs).length > 0)
      throw new BothyError("BAD_CONFIG", {
        source: labelOf(next),
        fault: "it has none of the outputs of the one before",
      });
    return fresh ? core.state : state;
  }

  #frame(binding = this.binding, shape = this.shape, counts = true): Frame {
    const { clock, localHour } = this.#deps;
    const mono = clock.monotonic();
    const last = this.#lastBegan;
    const dt = last === undefined || mono <= last ? this.period / 1000 : (mono - last) / 1000;
    if (counts) this.#lastBegan = mono;
    const at = clock.now();
    return {
      inputs: observeAll(binding, Object.keys(shape.inputs), this.#deps),
      outputs: this.#targets(binding, shape, counts).outputs,
      dt,
      at,
      localHour: localHour(at),
      wanted: this.#wanted,
    };
  }

  #targets(binding = this.binding, shape = this.shape, counts = true): TargetsNow {
    const now = targetsNow(binding.outputs, Object.keys(shape.outputs), this.who, this.#deps.writer);
    if (counts) this.#rivals = now.rivals;
    return now;
  }

  #finish(frame: Frame, outcome: Outcome | undefined, before?: EngineMemory): Promise<void> | undefined {
    const result = this.#version.core.finish(outcome);
    const probation = this.#probation;
    if (probation !== undefined && before !== undefined) {
      const { failure } = result;
      if (failure !== undefined) return this.#rollBack(probation, before, failure.text);
      if (probation.missed > 3) return this.#rollBack(probation, before, "it missed more than 3 deadlines");
    }
    this.#heed(frame, result);
    return undefined;
  }

  /** The version before takes over in the same step: no fail-safe in between when it can go on. */
  async #rollBack(probation: Probation, before: EngineMemory, why: string): Promise<void> {
    const { log, event } = this.#deps;
    const bad = this.#version;
    const { previous, stateThen } = probation;
    this.#probation = undefined;
    const same = before.stateVersion === stateThen.stateVersion;
    previous.core.resume(before, same ? before.state : stateThen.state);
    this.#version = previous;
    const [from, to] = [labelOf(bad), labelOf(previous)];
    log.error({ controller: this.name, from, to }, `${this.name}: back to ${to}, because of ${from}: ${why}`);
    event({ kind: "rolled back", controller: this.name, from, to, why, source: previous.source });
    this.rebind(true);
    void bad.host.close();
    const frame = { ...this.#frame(), dt: this.#last?.dt ?? this.period / 1000 };
    const call = previous.core.begin(frame);
    this.#heed(frame, previous.core.finish(call === undefined ? undefined : await previous.host.step(call)));
  }

  #heed(frame: Frame, result: EngineResult): void {
    const { clock, event, trace } = this.#deps;
    const before = this.#mode;
    this.#mode = result.mode;
    this.#steps++;
    this.#took.add(result.trace.took);
    this.#missedLately = Math.max(0, this.#missedLately - 1);
    this.#orders.send(result.orders, this.#rivals);
    this.#publish(result);
    if (result.failure !== undefined) this.#fail(result.failure);
    this.#last = result.trace;
    this.#alarms.set(clock.now(), [...result.trace.alarms, ...this.#ownAlarms()]);
    if (before !== result.mode)
      event({ kind: "mode", controller: this.name, mode: result.mode, before, why: result.trace.reason });
    trace(this.name, result.trace, frame);
    this.#keep(before !== result.mode);
  }

  #publish({ published }: EngineResult): void {
    const at = this.#deps.clock.monotonic();
    this.#published = Object.fromEntries(
      Object.entries(published ?? {}).map(([key, value]) => [key, { value, at }]),
    );
  }

  #fail(failure: Failure): void {
    const { clock } = this.#deps;
    if (failure.kind === "lost") return;
    const now = clock.monotonic();
    this.#failures++;
    this.#lastFailure = { ...failure, at: clock.now() };
    this.#failedAt = [...this.#failedAt.filter((at) => now - at < failuresWithin), now];
    if (this.#failedAt.length < mostFailures || this.#standing === "broken") return;
    this.#fault = failure.text;
    this.#brokenUntil = now + brokenFor;
    this.#stand("broken", `${mostFailures} failures within 10 minutes, the last: ${failure.text}`);
  }

  #ownAlarms(): readonly Alarm[] {
    const alarms: Alarm[] = [...this.#orders.alarms];
    if (this.#standing === "broken")
      alarms.push({
        id: "broken",
        severity: "critical",
        text: `it stays in fail-safe for up to an hour, then is tried again: ${this.#fault ?? ""}`,
      });
    if (this.#missedLately > 0)
      alarms.push({
        id: "deadlines",
        severity: "warning",
        text: `it misses deadlines, ${this.#missed} so far`,
      });
    for (const { path, message, remedy } of this.binding.faults)
      alarms.push({
        id: `binding:${path.join(".")}:${message}`,
        severity: "warning",
        text: `${path.join(".")}: ${message}: ${remedy}`,
      });
    return alarms;
  }

  #expire(): void {
    const now = this.#deps.clock.monotonic();
    if (this.#wantedUntil !== undefined && this.#wantedUntil.mono <= now)
      this.setMode({ mode: "automatic", who: "bothy", why: `${this.#wanted} has expired` });
    if (this.#standing === "broken" && this.#brokenUntil <= now) this.mend("an hour is over");
    if (this.#probation !== undefined && this.#probation.until <= now) {
      void this.#probation.previous.host.close();
      this.#probation = undefined;
    }
  }

  #lives(): boolean {
    const recently = this.#deps.clock.monotonic() - (this.#lastBegan ?? -Infinity) <= 2 * this.period;
    return (
      recently && this.#standing === "running" && this.#wanted !== "off" && this.#last?.failure === undefined
    );
  }

  #stand(standing: Standing, why: string): void {
    if (this.#standing === standing) return;
    this.#standing = standing;
    this.#deps.log[standing === "broken" ? "error" : "info"](
      { controller: this.name },
      `${this.name} is ${standing}: ${why}`,
    );
    this.#deps.event({ kind: "standing", controller: this.name, standing, why });
  }

  #keep(now: boolean): void {
    const { clock, keeper } = this.#deps;
    const mono = clock.monotonic();
    if (!now && mono - this.#keptAt < keepEvery) return;
    this.#keptAt = mono;
    const { name, version } = this.shape;
    keeper.put("controller", this.name, {
      at: clock.now(),
      ...{ name, version },
      memory: structuredClone(this.#version.core.memory),
      mode: {
        wanted: this.#wanted,
        ...(this.#wantedUntil === undefined ? {} : { until: this.#wantedUntil.wall }),
        ...(this.#modeBy === undefined ? {} : { by: this.#modeBy }),
      },
      overrides: this.#overrides,
      configured: this.#config.settings ?? {},
      failSafe: this.failSafe,
      outputs: this.binding.outputs.map(({ output, device, action }) => ({ output, device, action })),
    });
  }
}

const describe = (source: Source): ControllerStatus["source"] =>
  source.kind === "bundle"
    ? { kind: source.kind, file: source.file, hash: source.hash }
    : { kind: source.kind };
