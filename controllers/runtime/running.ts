import type { Millis } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Keeper } from "../../devices/keeper.ts";
import { Latency } from "../../devices/latency.ts";
import type { Alarm, FailSafe } from "../contract.ts";
import type { AlarmFlood } from "./alarm-flood.ts";
import type { AlarmParents } from "./alarm-parents.ts";
import type {
  By,
  ControllerConfig,
  ControllerEvent,
  ControllerStatus,
  ModeRequest,
  SettingsRequest,
  Standing,
  SwapOptions,
  SwapReport,
  TraceListener,
} from "./api.ts";
import type { Binding } from "./binding.ts";
import { Bound, type BoundDeps } from "./bound.ts";
import { Failures, mostFailures } from "./failures.ts";
import { FreshStart } from "./fresh-start.ts";
import { goOn } from "./go-on.ts";
import { ModeWish } from "./mode-wish.ts";
import type { EngineMemory, EngineResult } from "./engine.ts";
import type { Failure, Frame, Mode, StepTrace } from "./frame.ts";
import { Heartbeats } from "./heartbeat.ts";
import type { Outcome } from "./host.ts";
import { keptController, stillMeant } from "./kept.ts";
import { Keeping } from "./keeping.ts";
import { Lateness } from "./lateness.ts";
import { type Published, PublishedValues, whoOf } from "./observe.ts";
import { Orders } from "./orders.ts";
import { SettingsInForce } from "./settings-in-force.ts";
import type { Shape } from "./shape.ts";
import { describeSource, type Source } from "./source.ts";
import { StandingAlarms } from "./standing-alarms.ts";
import { Succession } from "./succession.ts";
import { Turns } from "./turns.ts";
import { type OpenHost, type Version, versionOptions } from "./version.ts";

export interface RunningDeps extends BoundDeps {
  readonly keeper: Keeper;
  readonly open: OpenHost;
  readonly event: (event: ControllerEvent) => void;
  readonly trace: TraceListener;
  /** Of all controllers together. */
  readonly parents: AlarmParents;
  readonly flood: AlarmFlood;
  /** Alarms that others have on it. */
  readonly notes: (controller: string) => readonly Alarm[];
}

/** One controller of a site while it runs: its version, what it is bound to, its mode and settings, and its steps. */
export class Running {
  readonly name: string;
  readonly period: Millis;
  readonly who: string;
  /** On the monotonic clock: when the next step is due. */
  due: Millis = 0;
  readonly #config: ControllerConfig;
  readonly #deps: RunningDeps;
  readonly #orders: Orders;
  readonly #alarms: StandingAlarms;
  readonly #heartbeats: Heartbeats;
  readonly #took = new Latency();
  readonly #bound: Bound;
  readonly #keeping: Keeping;
  readonly #wish: ModeWish;
  readonly #failures: Failures;
  readonly #lateness = new Lateness();
  readonly #published: PublishedValues;
  readonly #succession: Succession;
  readonly #settings: SettingsInForce;
  readonly #freshStart: FreshStart;
  readonly #turns = new Turns((thrown) => this.#astray(thrown));
  #standing: Standing = "starting";
  #mode: Mode = "fail-safe";
  #last: StepTrace | undefined;
  #steps = 0;

  constructor(name: string, config: ControllerConfig, version: Version, deps: RunningDeps) {
    this.name = name;
    this.who = whoOf(name);
    this.#config = config;
    this.#succession = new Succession(name, version, deps);
    this.#settings = new SettingsInForce(name, config.settings ?? {}, deps.clock, () => this.#version);
    this.#deps = deps;
    this.period = version.host.shape.period;
    this.#orders = new Orders(this.who, deps);
    this.#bound = new Bound(name, this.who, config, deps);
    this.#keeping = new Keeping(name, deps);
    this.#wish = new ModeWish(name, deps.clock);
    this.#failures = new Failures(deps.clock);
    this.#freshStart = new FreshStart(name, deps.log);
    this.#published = new PublishedValues(name, this.period, deps.clock);
    this.#alarms = new StandingAlarms(name, config.alarms, deps);
    this.#heartbeats = new Heartbeats(config.heartbeat ?? [], this.who, deps, () => this.#lives());
  }

  get #version(): Version {
    return this.#succession.current;
  }

  get shape(): Shape {
    return this.#version.host.shape;
  }

  /** What applies when it cannot be trusted. */
  get failSafe(): FailSafe {
    return this.#version.core.failSafeValues;
  }

  get binding(): Binding {
    return this.#bound.binding;
  }

  /** Names of the controllers whose values it takes. */
  get providers(): readonly string[] {
    return this.binding.inputs.flatMap((one) => ("controller" in one ? [one.controller] : []));
  }

  published(value: string): Published | string {
    return this.#published.get(value, this.#mode);
  }

  /** Goes on where the program before ended. */
  async resume(): Promise<void> {
    const { keeper, clock, log } = this.#deps;
    const kept = keptController(keeper, this.name);
    // Also of another controller that had this name: what is not bound any more is given up.
    this.#orders.know(kept?.outputs ?? []);
    if (kept?.name !== this.shape.name) return;
    try {
      const { overrides, temporary } = stillMeant(kept, this.#settings.configured);
      await this.#settings.resume(overrides, temporary);
      await goOn(this.#version, kept, clock.now());
      this.#wish.resume(kept.mode);
      this.#alarms.resume(kept.alarms ?? []);
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

  /** Binds anew when devices have changed. */
  rebind(force = false): void {
    const why = this.#bound.rebind(this.shape, this.#orders, force);
    if (why !== undefined) this.#deps.event({ kind: "bindings", controller: this.name, why });
  }

  /** Leaves out values of controllers that wait for this one. */
  cut(inputs: Binding["inputs"], faults: Binding["faults"]): void {
    this.#bound.cut(inputs, faults);
  }

  /** Deadlines that passed while a step was under way, or while nobody looked. */
  miss(count: number): void {
    this.#lateness.miss(count);
    this.#succession.miss(count);
  }

  /** A step, or a version being put in place of another. */
  get busy(): Promise<void> | undefined {
    return this.#turns.busy;
  }

  /** Whether a step is under way, or waits for others. */
  get stepping(): boolean {
    return this.#turns.stepping;
  }

  /** One step now. Never throws. */
  run(): void {
    this.#turns.now(() => this.#step());
  }

  /** One step as soon as others have done theirs. */
  runAfter(others: Promise<unknown>): void {
    this.#turns.after(others, () => this.#step());
  }

  /** A step that did not even come to a failure, which is a fault of ours: fail-safe all the same. Never throws. */
  #astray(thrown: unknown): void {
    const { log } = this.#deps;
    const { message, stack } = asBothyError(thrown, `a step of ${this.name}`);
    log.error({ controller: this.name, stack }, message);
    if (this.#standing === "stopped") return;
    try {
      this.#version.core.distrust(message);
      this.#mode = "fail-safe";
      this.#published.set({});
      this.#giveWill(message);
      const alarm: Alarm = { id: "fail-safe", severity: "major", text: `fail-safe: ${message}` };
      this.#alarms.set([alarm, ...this.#ownAlarms()]);
    } catch (again) {
      log.error({ controller: this.name }, asBothyError(again, `fail-safe of ${this.name}`).message);
    }
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
        failure: { kind: "lost", text: `broken: ${this.#failures.last?.text ?? ""}` },
        took: 0,
      });
    const { before } = this.#succession;
    const outcome = this.#version.host.step(call);
    if (!(outcome instanceof Promise)) return this.#finish(frame, outcome, before);
    return outcome.then((done) => this.#finish(frame, done, before));
  }

  status(): ControllerStatus {
    const { shape } = this;
    const { source } = this.#version;
    return {
      name: this.name,
      standing: this.#standing,
      definition: shape,
      failSafe: this.failSafe,
      source: describeSource(source),
      period: this.period,
      mode: this.#mode,
      ...this.#wish.status,
      ...this.#settings.status,
      steps: this.#steps,
      missed: this.#lateness.missed,
      ...this.#failures.status,
      took: this.#took.durations(),
      ...(this.#last === undefined ? {} : { last: this.#last }),
      inputs: this.binding.inputs,
      outputs: this.binding.outputs,
      bindingFaults: this.binding.faults,
      published: this.#published.all,
      alarms: this.#alarms.all,
      ...this.#succession.status,
    };
  }

  /** @throws BothyError `BAD_INPUT` */
  setMode(request: ModeRequest): void {
    this.#wish.set(request);
    this.#keep(true);
  }

  /** @throws BothyError `BAD_INPUT` with every limit that was broken: then nothing has changed */
  setSettings(
    patch: Readonly<Record<string, unknown>>,
    request: SettingsRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#settings.inTurn(async () => {
      await this.#turns.between(() => this.#settings.set(patch, request));
      const { who, why, holdFor } = request;
      const span = holdFor === undefined ? "" : ` for ${holdFor / 1000} s`;
      const fields = { controller: this.name, patch, ...request };
      this.#deps.log.info(fields, `${who} changes settings of ${this.name}${span}`);
      return this.#settingsChanged({ who, why });
    });
  }

  #settingsChanged(by: By): Readonly<Record<string, unknown>> {
    const { settings } = this.#version.configured;
    this.#deps.event({ kind: "settings", controller: this.name, by, settings });
    this.#keep(true);
    return settings;
  }

  async #expireSettings(): Promise<void> {
    const { clock, log } = this.#deps;
    // Somebody may have changed them again while this waited.
    if (!this.#settings.isOver(clock.monotonic()) || this.#standing === "stopped") return;
    const names = await this.#turns.between(() => this.#settings.expire());
    if (names.length === 0) return;
    const why = `the time of ${names.join(", ")} is over`;
    log.info({ controller: this.name, names }, `${this.name} has the settings before again: ${why}`);
    this.#settingsChanged({ who: "bothy", why });
  }

  /** @throws BothyError `NOT_FOUND` when it does not stand, `BAD_INPUT` when it does not latch */
  acknowledge(alarm: string, by: By): void {
    this.#alarms.acknowledge(alarm, by);
    this.#keep(true);
  }

  /** Begins anew after `broken`. */
  mend(why: string): void {
    if (this.#standing !== "broken") return;
    this.#failures.mend();
    this.#stand("running", why);
  }

  /** @throws BothyError `BAD_INPUT`, `BAD_CONFIG`, `INTERNAL`: then the version that runs goes on */
  swap(source: Source, options: SwapOptions): Promise<SwapReport> {
    return this.#settings.inTurn(() => this.#swap(source, options));
  }

  async #swap(source: Source, options: SwapOptions): Promise<SwapReport> {
    const { open } = this.#deps;
    const own = versionOptions(this.name, this.#config);
    const next = await this.#settings.open(source, options.settings, open, own);
    try {
      const report = await this.#turns.between(() => this.#takeOver(next, options));
      if (options.settings !== undefined) this.#settings.replaced(options.settings);
      return report;
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
    return this.#wish.wanted === "off" ? [] : this.#giveWill(why);
  }

  /** Fail-safe, without a step. */
  #giveWill(why: string): ReturnType<Orders["send"]> {
    const { outputs, rivals } = this.#bound.targets(this.shape);
    return this.#orders.send(this.#version.core.lastWill(outputs, why), rivals);
  }

  async close(): Promise<void> {
    await this.#succession.close();
  }

  async #takeOver(next: Version, options: SwapOptions): Promise<SwapReport> {
    const report = await this.#succession.takeOver(next, options, (shape) =>
      this.#bound.trialFrame(shape, this.period),
    );
    this.rebind(true);
    this.mend(`${report.to} has taken over`);
    return report;
  }

  #frame(): Frame {
    return this.#bound.frame(this.shape, this.period, this.#wish.wanted);
  }

  #finish(frame: Frame, outcome: Outcome | undefined, before?: EngineMemory): Promise<void> | undefined {
    // What comes after the end would take back its fail-safe values.
    if (this.#standing === "stopped") return undefined;
    const result = this.#version.core.finish(outcome);
    const unfit =
      before === undefined ? undefined : this.#succession.unfit(result.failure?.text, this.#saidOf(result));
    if (before !== undefined && unfit !== undefined) return this.#rollBack(before, unfit);
    this.#heed(frame, result);
    return undefined;
  }

  /** Alarms of the step itself, while it commands. */
  #saidOf({ mode }: EngineResult): readonly Alarm[] {
    return mode === "automatic" ? this.#version.core.alarms : [];
  }

  /** The version before takes over in the same step: no fail-safe in between when it can go on. */
  async #rollBack(before: EngineMemory, why: string): Promise<void> {
    this.#succession.rollBack(before, why);
    this.rebind(true);
    await this.#settings.putAgain(this.#deps.log);
    const { core, host } = this.#version;
    const frame = { ...this.#frame(), dt: this.#last?.dt ?? this.period / 1000 };
    const call = core.begin(frame);
    this.#heed(frame, core.finish(call === undefined ? undefined : await host.step(call)));
  }

  #heed(frame: Frame, result: EngineResult): void {
    if (this.#standing === "stopped") return;
    const { event, trace } = this.#deps;
    const before = this.#mode;
    this.#mode = result.mode;
    this.#steps++;
    this.#took.add(result.trace.took);
    this.#lateness.stepped();
    this.#orders.send(result.orders, this.#bound.rivals);
    this.#published.set(result.published ?? {});
    this.#succession.see(this.#saidOf(result));
    if (result.failure !== undefined) this.#fail(result.failure);
    const { said } = this.#settings;
    const step =
      said.length === 0 ? result.trace : { ...result.trace, limits: [...result.trace.limits, ...said] };
    this.#last = step;
    const latched = this.#alarms.set([...step.alarms, ...this.#ownAlarms()]);
    if (before !== result.mode)
      event({ kind: "mode", controller: this.name, mode: result.mode, before, why: step.reason });
    trace(this.name, step, frame);
    this.#keep(before !== result.mode || latched);
  }

  #fail(failure: Failure): void {
    if (!this.#failures.add(failure)) return;
    this.#freshStart.owe();
    this.#stand("broken", `${mostFailures} failures within 10 minutes, the last: ${failure.text}`);
  }

  #ownAlarms(): readonly Alarm[] {
    const others = this.#deps.notes(this.name);
    return [
      ...this.#orders.alarms,
      ...this.#settings.alarms(),
      ...this.#failures.alarms(),
      ...this.#freshStart.alarms(),
      ...this.#succession.alarms(),
      ...this.#heartbeats.alarms(),
      ...this.#lateness.alarms(),
      ...this.#bound.alarms(),
      ...others,
    ];
  }

  #expire(): void {
    const now = this.#deps.clock.monotonic();
    if (this.#wish.expire(now)) this.#keep(true);
    if (this.#settings.isOver(now)) void this.#settings.inTurn(() => this.#expireSettings());
    if (this.#standing === "broken") this.#freshStart.pay(this.#version);
    if (this.#failures.isOver(now)) this.mend("an hour is over");
    this.#succession.expire(now);
  }

  #lives(): boolean {
    const recently = this.#deps.clock.monotonic() - this.#bound.began <= 2 * this.period;
    return (
      recently &&
      this.#standing === "running" &&
      this.#wish.wanted !== "off" &&
      this.#last?.failure === undefined
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
    const { name, version } = this.shape;
    this.#keeping.keep(now, () => ({
      ...{ name, version },
      memory: this.#version.core.memory,
      mode: this.#wish.kept,
      ...this.#settings.kept,
      alarms: this.#alarms.kept,
      failSafe: this.failSafe,
      outputs: this.binding.outputs.map(({ output, device, action }) => ({ output, device, action })),
    }));
  }
}
