import type { Millis } from "../../devices/clock.ts";
import type { Keeper } from "../../devices/keeper.ts";
import { Latency } from "../../devices/latency.ts";
import type { Alarm } from "../contract.ts";
import type { AlarmFlood } from "./alarm-flood.ts";
import type { AlarmParents } from "./alarm-parents.ts";
import type { ControllerConfig, ControllerEvent, ControllerStatus, Standing, TraceListener } from "./api.ts";
import { outputKey } from "./binding.ts";
import { Bound, type BoundDeps } from "./bound.ts";
import { Failures } from "./failures.ts";
import type { Mode, Rest, StepTrace } from "./frame.ts";
import { FreshStart } from "./fresh-start.ts";
import { Heartbeats } from "./heartbeat.ts";
import { Keeping } from "./keeping.ts";
import { Lateness } from "./lateness.ts";
import { ModeWish } from "./mode-wish.ts";
import { PublishedValues, whoOf } from "./observe.ts";
import { Orders } from "./orders.ts";
import { SettingsInForce } from "./settings-in-force.ts";
import { describeSource } from "./source.ts";
import { StandingAlarms } from "./standing-alarms.ts";
import { Succession } from "./succession.ts";
import { Unheld } from "./unheld.ts";
import type { OpenHost, Version } from "./version.ts";

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

/** What one controller of a site is made of while it runs, and how it stands. Its own, for whoever steps or changes it. */
export class RunningParts {
  readonly name: string;
  readonly period: Millis;
  readonly config: ControllerConfig;
  readonly deps: RunningDeps;
  readonly orders: Orders;
  readonly alarms: StandingAlarms;
  readonly heartbeats: Heartbeats;
  readonly took = new Latency();
  readonly bound: Bound;
  readonly unheld: Unheld;
  readonly wish: ModeWish;
  readonly failures: Failures;
  readonly lateness = new Lateness();
  readonly published: PublishedValues;
  readonly succession: Succession;
  readonly settings: SettingsInForce;
  readonly freshStart: FreshStart;
  readonly #keeping: Keeping;
  #standing: Standing = "starting";
  mode: Mode = "fail-safe";
  /** Absent: it works. */
  rest: Rest | undefined;
  /** The last step, and how many there were. */
  last: StepTrace | undefined;
  steps = 0;

  constructor(name: string, config: ControllerConfig, version: Version, deps: RunningDeps) {
    const who = whoOf(name);
    const { clock, log } = deps;
    this.name = name;
    this.config = config;
    this.deps = deps;
    this.period = version.host.shape.period;
    this.succession = new Succession(name, version, deps);
    this.settings = new SettingsInForce(name, config.settings ?? {}, clock, () => this.version);
    this.orders = new Orders(who, deps);
    this.bound = new Bound(name, who, config, deps);
    this.unheld = new Unheld(who, deps);
    this.wish = new ModeWish(name, clock);
    this.failures = new Failures(clock);
    this.freshStart = new FreshStart(name, log);
    this.published = new PublishedValues(name, this.period, clock);
    this.alarms = new StandingAlarms(name, config.alarms, deps);
    this.heartbeats = new Heartbeats(config.heartbeat ?? [], who, deps, () => this.#lives());
    this.#keeping = new Keeping(name, deps);
  }

  /** The one in force. */
  get version(): Version {
    return this.succession.current;
  }

  get standing(): Standing {
    return this.#standing;
  }

  stand(standing: Standing, why: string): void {
    if (this.#standing === standing) return;
    this.#standing = standing;
    const { log, event } = this.deps;
    const text = `${this.name} is ${standing}: ${why}`;
    log[standing === "broken" ? "error" : "info"]({ controller: this.name }, text);
    event({ kind: "standing", controller: this.name, standing, why });
  }

  /** Begins anew after `broken`. */
  mend(why: string): void {
    if (this.#standing !== "broken") return;
    this.failures.mend();
    this.stand("running", why);
  }

  /** A version was taken back by itself: told until somebody has seen it, or another takes over. */
  tellTakenBack(alarm: Alarm | undefined): void {
    if (alarm === undefined) return;
    this.alarms.latch(alarm);
    this.keep(true);
  }

  /** Binds anew when devices have changed. */
  rebind(force: boolean): void {
    const why = this.bound.rebind(this.version.host.shape, this.orders, force);
    if (why !== undefined) this.deps.event({ kind: "bindings", controller: this.name, why });
  }

  /** Fail-safe, without a step, of what is its own. @returns ids of writes to wait for */
  giveWill(why: string): ReturnType<Orders["send"]> {
    const { core, host } = this.version;
    const { outputs, rivals } = this.bound.targets(host.shape);
    const { rest } = this;
    const will = core.lastWill(outputs, why);
    const own = rest === undefined ? will : will.filter((order) => rest.alone.has(outputKey(order)));
    return this.orders.send(own, rivals);
  }

  /** Keeps what it goes on from. @param now at once; otherwise not more often than disks bear */
  keep(now: boolean): void {
    const { core, host } = this.version;
    const { name, version } = host.shape;
    this.#keeping.keep(now, () => ({
      ...{ name, version },
      memory: core.memory,
      mode: this.wish.kept,
      ...this.settings.kept,
      alarms: this.alarms.kept,
      failSafe: core.failSafeValues,
      outputs: this.bound.binding.outputs.map(({ output, device, action }) => ({ output, device, action })),
    }));
  }

  /** Alarms that are not of its step; of one that rests those of what nobody else has. */
  ownAlarms(): readonly Alarm[] {
    const { rest } = this;
    if (rest !== undefined) {
      const alone = this.bound.binding.outputs.filter((output) => rest.alone.has(outputKey(output)));
      return alone.length === 0 ? [] : [...this.orders.alarms, ...this.unheld.alarms(alone)];
    }
    const others = this.deps.notes(this.name);
    return [
      ...this.orders.alarms,
      ...this.settings.alarms(),
      ...this.failures.alarms(),
      ...this.freshStart.alarms(),
      ...this.heartbeats.alarms(),
      ...this.lateness.alarms(),
      ...this.bound.alarms(),
      ...this.unheld.alarms(this.bound.binding.outputs),
      ...others,
    ];
  }

  status(): ControllerStatus {
    const { core, host, source } = this.version;
    const { inputs, outputs, faults: bindingFaults } = this.bound.binding;
    return {
      name: this.name,
      standing: this.#standing,
      definition: host.shape,
      failSafe: core.failSafeValues,
      source: describeSource(source),
      period: this.period,
      mode: this.rest === undefined || this.mode === "off" ? this.mode : "resting",
      ...(this.rest === undefined ? {} : { rests: this.rest.why }),
      ...this.wish.status,
      ...this.settings.status,
      steps: this.steps,
      missed: this.lateness.missed,
      ...this.#late(),
      ...this.failures.status,
      took: this.took.durations(),
      ...(this.last === undefined ? {} : { last: this.last }),
      ...{ inputs, outputs, bindingFaults },
      published: this.published.all,
      alarms: this.alarms.all,
      ...this.succession.status,
    };
  }

  #late(): Pick<ControllerStatus, "late"> {
    const steps = this.#standing === "running" || this.#standing === "broken";
    const late = this.deps.clock.monotonic() - this.bound.began - 2 * this.period;
    return steps && late > 0 && late < Infinity ? { late } : {};
  }

  #lives(): boolean {
    const recently = this.deps.clock.monotonic() - this.bound.began <= 2 * this.period;
    return (
      recently &&
      this.#standing === "running" &&
      this.rest === undefined &&
      this.wish.wanted !== "off" &&
      this.last?.failure === undefined
    );
  }
}
