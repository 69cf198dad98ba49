import { asBothyError } from "../../devices/errors.ts";
import type { Log } from "../../devices/plugin.ts";
import { completeSettings, knownSettings } from "./settings.ts";
import type { Source } from "./source.ts";
import { type OpenHost, openVersion, type Version, type VersionOptions } from "./version.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What one controller is set to: by its configuration, and by whoever changed something while it ran. */
export class SettingsInForce {
  readonly configured: Settings;
  readonly #current: () => Version;
  #overrides: Settings = {};
  #turn: Promise<unknown> = Promise.resolve();

  /** @param current the version in force */
  constructor(configured: Settings, current: () => Version) {
    this.configured = configured;
    this.#current = current;
  }

  /** Those changed while it ran; also what only a version before this one has. */
  get overrides(): Settings {
    return this.#overrides;
  }

  set overrides(settings: Settings) {
    this.#overrides = settings;
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
      ? openVersion(source, { ...this.configured, ...this.#overrides }, open, { ...options, ofAnother: true })
      : openVersion(source, given, open, options);
  }

  /** For a version that is back: they may have been changed since it was in force. Never rejects. */
  async putAgain(log: Log): Promise<void> {
    try {
      await this.put(this.#overrides);
    } catch (thrown) {
      const { message } = asBothyError(thrown, "the version that is back");
      log.warn({ settings: this.#overrides }, `it has the settings it had before: ${message}`);
    }
  }

  /**
   * Has the version in force take settings. What another version had is left out, what is changed now must fit.
   * @throws BothyError `BAD_INPUT`: then nothing has changed
   */
  async put(overrides: Settings, patch: Settings = {}): Promise<void> {
    for (;;) {
      const version = this.#current();
      const { shape } = version.host;
      const known = knownSettings(shape, { ...this.configured, ...overrides });
      const configured = await version.host.configure(completeSettings(shape, { ...known, ...patch }));
      // It may have given way to the one before it meanwhile.
      if (version !== this.#current()) continue;
      version.configured = configured;
      version.core.configure(configured);
      this.#overrides = { ...overrides, ...patch };
      return;
    }
  }
}
