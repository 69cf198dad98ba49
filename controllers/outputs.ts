import type { DeviceId } from "../devices/value-id.ts";
import type { Applied } from "./sample.ts";
import type { ActionSpec } from "./select.ts";

export type Outputs = Readonly<Record<string, ActionSpec>>;

export type OutputValues<O extends Outputs> = { readonly [K in keyof O]: readonly Applied[] };

/** Ranks a controller may write with: see `slots` in devices/transaction.ts. Fail-safe is the runtime's own. */
export type Rank = "lifeSafety" | "equipmentProtection" | "minimumOnOff" | "controller";

/** The same for all devices of an output, or one by one: those not named are given up. Null: given up. */
export type Wanted =
  number | string | null | { readonly each: Readonly<Record<DeviceId, number | string | null>> };

/** By device; those not named have the default. */
export interface PerDevice<T> {
  readonly each: Readonly<Record<DeviceId, T>>;
}

export type Wish =
  | Wanted
  | {
      readonly want: Wanted;
      /** Default `controller`. The other ranks this controller held there are given up. */
      readonly rank?: Rank | PerDevice<Rank>;
      /** In place of the step's reason. */
      readonly why?: string | PerDevice<string>;
    };

export type OutputWishes<O extends Outputs> = { readonly [K in keyof O]?: Wish };
