import type { TemporarySetting, WantedMode } from "./controller-status-types.ts";

export interface ControllerSettings {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Those of them that are so only for a while. */
  readonly temporary: Readonly<Record<string, TemporarySetting>>;
  readonly schema?: Readonly<Record<string, unknown>>;
  /** Of a change: it is so, but a restart would not know of it, and why. */
  readonly unkept?: string;
}

export interface ChangeOptions {
  /** After this those before are in force again, e.g. `30m`; at most 24h. Default: until they are changed. */
  readonly for?: string;
  readonly why?: string;
}

export interface ModeRequest {
  readonly mode: WantedMode;
  /** After this it is automatic again, e.g. `30m`. Default: 1h; at most 24h. */
  readonly holdFor?: string;
  readonly why?: string;
}

export interface ProfileRequest {
  readonly profile: string;
  /** After this the one before is in force again, e.g. `2h`; at most 30d. Default: until another one is chosen. */
  readonly for?: string;
  readonly why?: string;
}

export interface OverrideRequest {
  readonly value: number | string;
  /** For whoever asks later. */
  readonly why: string;
  /** May be left out when there is only one. */
  readonly output?: string;
  /** Only this one of those the output is bound to: id or alias. */
  readonly device?: string;
  /** After this the controller commands again, e.g. `30m`, which is the default. */
  readonly holdFor?: string;
  /** Passes the guards of a device (slot 6), for an hour at the most; nothing stronger. For administrators. */
  readonly force?: boolean;
}

export interface EndOverride {
  /** Default: all of them. */
  readonly output?: string;
  readonly device?: string;
  readonly why?: string;
}

export interface Override {
  readonly output: string;
  readonly device: string;
  readonly name: string;
  readonly action: string;
  readonly value?: number | string;
  /** Tells how the write went. */
  readonly transaction?: string;
  /** What is stronger, for people: this takes effect once that is given up, if its time is not over before. */
  readonly waitsFor?: string;
}

export interface ShelveRequest {
  /** For so long it is not counted, e.g. `2h`; at most 7d. */
  readonly for: string;
  /** For whoever asks later. */
  readonly why: string;
}
