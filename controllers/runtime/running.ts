import type { Millis } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Alarm, FailSafe } from "../contract.ts";
import type {
  By,
  ControllerConfig,
  ControllerStatus,
  ModeRequest,
  SettingsRequest,
  SwapOptions,
  SwapReport,
} from "./api.ts";
import type { Binding } from "./binding.ts";
import type { Rest } from "./frame.ts";
import { goOn } from "./go-on.ts";
import { keptController, type KeptController, stillMeant } from "./kept.ts";
import type { Published } from "./observe.ts";
import type { Orders } from "./orders.ts";
import { type RunningDeps, RunningParts } from "./running-parts.ts";
import { RunningSteps } from "./running-steps.ts";
import type { Shape } from "./shape.ts";
import type { Source } from "./source.ts";
import { Turns } from "./turns.ts";
import { type Version, versionOptions } from "./version.ts";

/** One controller of a site while it runs: its version, what it is bound to, its mode and settings, and its steps. */
export class Running {
  readonly name: string;
  readonly period: Millis;
  /** On the monotonic clock: when the next step is due. */
  due: Millis = 0;
  readonly #parts: RunningParts;
  readonly #steps: RunningSteps;
  readonly #turns: Turns;

  constructor(name: string, config: ControllerConfig, version: Version, deps: RunningDeps) {
    const parts = new RunningParts(name, config, version, deps);
    this.name = name;
    this.period = parts.period;
    this.#parts = parts;
    this.#steps = new RunningSteps(parts, () => void parts.settings.inTurn(() => this.#expireSettings()));
    this.#turns = new Turns((thrown) => this.#steps.astray(thrown));
  }

  get shape(): Shape {
    return this.#parts.version.host.shape;
  }

  /** What applies when it cannot be trusted. */
  get failSafe(): FailSafe {
    return this.#parts.version.core.failSafeValues;
  }

  get binding(): Binding {
    return this.#parts.bound.binding;
  }

  /** Names of the controllers whose values it takes. */
  get providers(): readonly string[] {
    return this.binding.inputs.flatMap((one) => ("controller" in one ? [one.controller] : []));
  }

  /** Profiles it works in; undefined: all. */
  get profiles(): readonly string[] | undefined {
    return this.#parts.config.profiles;
  }

  /** What it rests with; undefined: it works. */
  get rest(): Rest | undefined {
    return this.#parts.rest;
  }

  /** Has it rest, or work: a step under way counts for nothing then. */
  set rest(rest: Rest | undefined) {
    const { rest: before, wish } = this.#parts;
    if (isSameRest(before, rest)) return;
    this.#parts.rest = rest;
    const why = "it works now, and nobody else commands what it has: in manual it would not either";
    if (before !== undefined && rest === undefined && wish.wanted === "manual")
      wish.set({ mode: "automatic", who: "bothy", why });
  }

  published(value: string): Published | string {
    return this.#parts.published.get(value, this.#parts.mode);
  }

  status(): ControllerStatus {
    return this.#parts.status();
  }

  /** Goes on where the program before ended, unless it has other devices now: its state says nothing of those. */
  async resume(): Promise<void> {
    const { deps, orders, settings, wish, alarms } = this.#parts;
    const { keeper, log } = deps;
    const lost = (what: string): void =>
      log.warn(
        { controller: this.name },
        `${this.name}: what was kept makes no sense to this program and is left out: ${what}`,
      );
    const kept = keptController(keeper, this.name, lost);
    // Also of another controller that had this name: what is not bound any more is given up.
    orders.know(kept?.outputs ?? []);
    if (kept === undefined) return;
    if (kept.name !== this.shape.name) {
      const text = `${this.name} begins anew: it was ${kept.name} before, and is ${this.shape.name} now`;
      log.warn({ controller: this.name }, text);
      return;
    }
    // One part that is of no use to this version costs none of the others.
    await this.#resumePart("settings", async () => {
      const { overrides, temporary } = stillMeant(kept, settings.configured);
      await settings.resume(overrides, temporary);
    });
    await this.#resumePart("state", () => this.#resumeState(kept));
    await this.#resumePart("mode", () => wish.resume(kept.mode));
    await this.#resumePart("alarms", () => alarms.resume(kept.alarms ?? []));
  }

  /** @throws BothyError when its `migrate` or `init` does */
  async #resumeState(kept: KeptController): Promise<void> {
    const { deps, version, bound } = this.#parts;
    const why = bound.isOfOthers(this.shape, kept.outputs)
      ? "it commands other devices than before"
      : await goOn(version, kept, deps.clock.now());
    if (why !== undefined) deps.log.warn({ controller: this.name }, `${this.name} begins anew: ${why}`);
  }

  async #resumePart(part: string, resume: () => Promise<void> | void): Promise<void> {
    try {
      await resume();
    } catch (thrown) {
      const { message } = asBothyError(thrown, this.name);
      const { log } = this.#parts.deps;
      log.warn(
        { controller: this.name },
        `${this.name}: what was kept of its ${part} is of no use: ${message}`,
      );
    }
  }

  start(): void {
    this.due = this.#parts.deps.clock.monotonic();
    this.#parts.stand("running", "it was started");
    this.#parts.heartbeats.start();
  }

  /** Binds anew when devices have changed. */
  rebind(force = false): void {
    this.#parts.rebind(force);
  }

  /** Leaves out values of controllers that wait for this one. */
  cut(inputs: Binding["inputs"], faults: Binding["faults"]): void {
    this.#parts.bound.cut(inputs, faults);
  }

  /** Deadlines that passed while a step was under way, or while nobody looked. */
  miss(count: number): void {
    this.#parts.lateness.miss(count);
    this.#parts.succession.miss(count);
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
    this.#turns.now(() => this.#steps.step());
  }

  /** One step as soon as others have done theirs. */
  runAfter(others: Promise<unknown>): void {
    this.#turns.after(others, () => this.#steps.step());
  }

  /** @throws BothyError `BAD_INPUT` */
  setMode(request: ModeRequest): void {
    this.#parts.wish.set(request);
    this.#parts.keep(true);
  }

  /** @throws BothyError `BAD_INPUT` with every limit that was broken: then nothing has changed */
  setSettings(
    patch: Readonly<Record<string, unknown>>,
    request: SettingsRequest,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { settings, deps } = this.#parts;
    return settings.inTurn(async () => {
      await this.#turns.between(() => settings.set(patch, request));
      const { who, why, holdFor } = request;
      const span = holdFor === undefined ? "" : ` for ${holdFor / 1000} s`;
      const fields = { controller: this.name, patch, ...request };
      deps.log.info(fields, `${who} changes settings of ${this.name}${span}`);
      return this.#settingsChanged({ who, why });
    });
  }

  #settingsChanged(by: By): Readonly<Record<string, unknown>> {
    const { settings } = this.#parts.version.configured;
    this.#parts.deps.event({ kind: "settings", controller: this.name, by, settings });
    this.#parts.keep(true);
    return settings;
  }

  async #expireSettings(): Promise<void> {
    const { settings, deps, standing } = this.#parts;
    const { clock, log } = deps;
    // Somebody may have changed them again while this waited.
    if (!settings.isOver(clock.monotonic()) || standing === "stopped") return;
    const names = await this.#turns.between(() => settings.expire());
    if (names.length === 0) return;
    const why = `the time of ${names.join(", ")} is over`;
    log.info({ controller: this.name, names }, `${this.name} has the settings before again: ${why}`);
    this.#settingsChanged({ who: "bothy", why });
  }

  /** @throws BothyError `NOT_FOUND` when it does not stand, `BAD_INPUT` when it does not latch */
  acknowledge(alarm: string, by: By): void {
    this.#parts.alarms.acknowledge(alarm, by);
    this.#parts.keep(true);
  }

  /** A version was taken back by itself: told until somebody has seen it, or another takes over. */
  tellTakenBack(alarm: Alarm): void {
    this.#parts.tellTakenBack(alarm);
  }

  /** Begins anew after `broken`. */
  mend(why: string): void {
    this.#parts.mend(why);
  }

  /** @throws BothyError `BAD_INPUT`, `BAD_CONFIG`, `INTERNAL`: then the version that runs goes on */
  swap(source: Source, options: SwapOptions): Promise<SwapReport> {
    return this.#parts.settings.inTurn(() => this.#swap(source, options));
  }

  async #swap(source: Source, options: SwapOptions): Promise<SwapReport> {
    const { deps, config, settings } = this.#parts;
    const own = versionOptions(this.name, config);
    const next = await settings.open(source, options.settings, deps.open, own);
    try {
      const report = await this.#turns.between(() => this.#takeOver(next, options));
      if (options.settings !== undefined) settings.replaced(options.settings);
      // What was kept is of the version before: a restart would take none of it for this one.
      this.#parts.keep(true);
      return report;
    } catch (thrown) {
      await next.host.close();
      throw thrown;
    }
  }

  async #takeOver(next: Version, options: SwapOptions): Promise<SwapReport> {
    const parts = this.#parts;
    const report = await parts.succession.takeOver(next, options, (shape) =>
      parts.bound.trialFrame(shape, this.period),
    );
    parts.rebind(true);
    parts.alarms.release("taken-back");
    parts.mend(`${report.to} has taken over`);
    return report;
  }

  /** The last step under way may end; then fail-safe. @returns ids of writes to wait for */
  async end(why: string): Promise<ReturnType<Orders["send"]>> {
    const parts = this.#parts;
    parts.heartbeats.stop();
    const { clock } = parts.deps;
    const over = new AbortController();
    await Promise.race([this.busy, clock.sleepUntil(clock.monotonic() + 1000, over.signal)]);
    over.abort();
    parts.keep(true);
    parts.stand("stopped", why);
    return parts.wish.wanted === "off" ? [] : parts.giveWill(why);
  }

  async close(): Promise<void> {
    await this.#parts.succession.close();
  }
}

const isSameRest = (a: Rest | undefined, b: Rest | undefined): boolean =>
  a?.why === b?.why && [...(a?.alone ?? [])].join() === [...(b?.alone ?? [])].join();
