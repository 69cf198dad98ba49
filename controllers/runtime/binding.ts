import type { Accepts } from "../../devices/device.ts";
import type { DeviceId, ValueId } from "../../devices/value-id.ts";

/** What an input is bound to. Plain JSON. */
export type BoundInput =
  | {
      readonly input: string;
      readonly name: string;
      readonly value: ValueId;
      readonly tags: readonly string[];
      readonly word: boolean;
    }
  | {
      readonly input: string;
      readonly name: string;
      readonly controller: string;
      readonly published: string;
    };

/** What an output is bound to. Plain JSON. */
export interface BoundOutput {
  readonly output: string;
  readonly device: DeviceId;
  readonly name: string;
  readonly action: string;
  readonly accepts: Accepts;
  readonly tags: readonly string[];
}

/** Why something is not bound. */
export interface BindingFault {
  readonly controller: string;
  /** Below the controller's part of the configuration, e.g. `inputs.inlet`. */
  readonly path: readonly string[];
  readonly message: string;
  readonly remedy: string;
}
