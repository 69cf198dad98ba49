import { type Clock, minutes, type Millis } from "../../devices/clock.ts";
import { asBothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import type { Alarm } from "../contract.ts";
import type { ControllerStatus, SettingsRequest } from "./api.ts";
import type { KeptController } from "./kept.ts";
import { completeSettings, knownSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import * as temporary from "./temporary-settings.ts";
import { type OpenHost, openVersion, type Version, type VersionOptions } from "./version.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What is set besides the configuration. */
interface Changes {
  /** Until somebody changes it again; also what only a version before this one has. */
  readonly overrides: Settings;
  readonly temporaries: temporary.Temporaries;
}

const tryAgainAfter: Millis = minutes(1);

/** What one controller is set to: by its configuration, and by whoever changed something while it ran. */
export class SettingsInForce {
  readonly configured: Settings;
  readonly #source: string;
  readonly #clock: Clock;
  readonly #current: () => Version;
  #changes: Changes = { overrides: {}, temporaries: temporary.noTemporaries };
  #turn: Promise<unknown> = Promise.resolve();
  /** On the monotonic clock: when what has expired is given up. */
  #due: Millis = Infinity;
  #stuck: string | undefined;

  /** @param current the version in force */
  constructor(controller: string, configured: Settings, clock: Clock, current: () => Version) {
    this.#source = `settings of controller ${controller}`;
    this.configured = configured;
    this.#clock = clock;
    this.#current = current;
  }

  get kept(): Pick<KeptController, "overrides" | "configured" | "temporary"> {
    const { overrides, temporaries } = this.#changes;
    return {
      overrides,
      configured: this.configured,
      temporary: temporary.keptOf(temporaries, this.#clock),
    };
  }

  get status(): Pick<ControllerStatus, "settings" | "temporary"> {
    const { configured, host } = this.#current();
    const { overrides, temporaries } = this.#changes;
    const defaults = Object.entries(host.shape.settings.properties).map(([name, property]) => [
      name,
      (property as { readonly default?: unknown }).default,
    ]);
    const then = { ...Object.fromEntries(defaults), ...this.configured, ...overrides } as Settings;
    return { settings: configured.settings, temporary: temporary.shownOf(temporaries, then, this.#clock) };
  }

  /** What is so only for a while, for people. */
  get said(): readonly string[] {
    return temporary.saidOf(this.#changes.temporaries, this.#clock);
  }

  /** What has expired and does not fit what is set otherwise. */
  alarms(): readonly Alarm[] {
    if (this.#stuck === undefined) return [];
    const text = `settings whose time is over stay, because those before do not fit any more: ${this.#stuck}`;
    return [{ id: "settings-expired", severity: "warning", text }];
  }

  /** Changes of settings and of the version, one after the other: none goes on from what another is about to change. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** Another version: with the settings given, or those of what is set that it has. @throws BothyError as `openVersion` */
  open(
    source: Source,
    given: Settings | undefined,
    open: OpenHost,
    options: VersionOptions,
  ): Promise<Version> {
    return given === undefined
      ? openVersion(source, this.#all(this.#changes), open, { ...options, ofAnother: true })
      : openVersion(source, given, open, options);
  }

  /** Another version has taken over with settings of its own. */
  replaced(overrides: Settings): void {
    this.#changed({ overrides, temporaries: temporary.noTemporaries });
  }

  /** Goes on with what was set before a restart. @throws BothyError `BAD_INPUT` */
  async resume(overrides: Settings, kept: KeptController["temporary"] = {}): Promise<void> {
    await this.#put({ overrides, temporaries: temporary.resumed(kept, this.#clock) });
  }

  /**
   * Some settings, for good or for a while; the others stay.
   * @throws BothyError `BAD_INPUT`, also when what is to be in force afterwards does not fit: then nothing has changed
   */
  async set(patch: Settings, { holdFor, ...by }: SettingsRequest): Promise<void> {
    const { overrides, temporaries } = this.#changes;
    if (holdFor === undefined) {
      const others = temporary.without(temporaries, Object.keys(patch));
      await this.#put({ overrides: { ...overrides, ...patch }, temporaries: others }, patch);
      return;
    }
    const held = temporary.hold(temporaries, patch, holdFor, by, this.#clock, this.#source);
    await this.#put({ overrides, temporaries: held }, patch);
  }

  /** Whether some are over and not given up yet. */
  isOver(now: Millis): boolean {
    return this.#due <= now;
  }

  /** Gives up those whose time is over. @returns which; never rejects */
  async expire(): Promise<readonly string[]> {
    const now = this.#clock.monotonic();
    const { overrides, temporaries } = this.#changes;
    const left = temporary.lasting(temporaries, now);
    try {
      await this.#put({ overrides, temporaries: left });
      return [...temporaries.keys()].filter((name) => !left.has(name));
    } catch (thrown) {
      this.#stuck = asBothyError(thrown, this.#source).message;
      this.#due = now + tryAgainAfter;
      return [];
    }
  }

  /** For a version that is back: they may have been changed since it was in force. Never rejects. */
  async putAgain(log: Log): Promise<void> {
    try {
      await this.#put(this.#changes);
    } catch (thrown) {
      const { message } = asBothyError(thrown, "the version that is back");
      log.warn({ settings: this.#changes.overrides }, `it has the settings it had before: ${message}`);
    }
  }

  #all({ overrides, temporaries }: Changes): Settings {
    return { ...this.configured, ...overrides, ...temporary.valuesOf(temporaries) };
  }

  #changed(changes: Changes): void {
    this.#changes = changes;
    this.#stuck = undefined;
    this.#due = Math.min(Infinity, ...[...changes.temporaries.values()].map(({ until }) => until.mono));
  }

  /**
   * Has the version in force take settings. What another version had is left out, what is changed now must fit.
   * @throws BothyError `BAD_INPUT`: then nothing has changed
   */
  async #put(changes: Changes, patch: Settings = {}): Promise<void> {
    for (;;) {
      const version = this.#current();
      const { shape } = version.host;
      const known = knownSettings(shape, this.#all(changes));
      const now = completeSettings(shape, { ...known, ...patch });
      const later = temporary.stagesOf(changes.temporaries).map((temporaries) => {
        const rest = knownSettings(shape, this.#all({ ...changes, temporaries }));
        return completeSettings(shape, rest);
      });
      const configured = await configuredWith(version, [...later, now]);
      // It may have given way to the one before it meanwhile.
      if (version !== this.#current()) continue;
      version.configured = configured;
      version.core.configure(configured);
      this.#changed(changes);
      return;
    }
  }
}

/** Has a version take each of some settings in turn, so that it can refuse any. @throws BothyError: then it has those before */
async function configuredWith(version: Version, all: readonly Settings[]): Promise<Version["configured"]> {
  let configured = version.configured;
  try {
    for (const settings of all) configured = await version.host.configure(settings);
    return configured;
  } catch (thrown) {
    // A refusal changes nothing, but one of those before it may have been taken.
    if (all.length > 1) await version.host.configure(version.configured.settings);
    throw thrown;
  }
}
