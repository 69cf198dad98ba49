import type { Instant, Millis } from "../../devices/clock.ts";
import { BothyError } from "../../devices/errors.ts";
import type { Value } from "../../devices/reading.ts";
import { slots } from "../../devices/transaction.ts";
import type { Writer } from "../../devices/writer.ts";
import type { Loop } from "../contract.ts";
import type { ControllerStatus } from "../runtime/api.ts";
import { trialDefaults, type TrialSettings } from "./trial.ts";

/** What somebody may say of a trial; the rest follows from the controller. */
export interface TuneRequest {
  readonly method?: TrialSettings["method"];
  readonly centre?: number;
  readonly height?: number;
  readonly least?: number;
  readonly most?: number;
  readonly furthest?: number;
  readonly hysteresis?: number;
  readonly longest?: Millis;
}

/** One point of a trial's course. */
export interface Course {
  readonly at: Instant;
  readonly pv: number;
  readonly output: number;
}

/** What a trial moves, and what it holds as it is. */
export interface Moved {
  readonly tune: NonNullable<Loop["tune"]>;
  readonly pv: string;
  readonly output: string;
  readonly targets: readonly {
    readonly device: string;
    readonly name: string;
    readonly action: string;
    /** Of those that are held; absent: what the trial wants. */
    readonly value?: Value;
  }[];
}

export interface Bounds {
  readonly loop: Loop;
  readonly tune: NonNullable<Loop["tune"]>;
  readonly targets: Moved["targets"];
  /** What is in force at what is moved, on average. */
  readonly present: number;
  readonly least: Named;
  readonly most: Named;
}

/** A limit, and whose it is. */
interface Named {
  readonly value: number;
  readonly of: string;
}

/**
 * @throws BothyError `BAD_INPUT` for a controller that has no loop, or none of its outputs in force; `BUSY` when somebody
 * else commands them
 */
export function boundsOf(status: ControllerStatus, request: TuneRequest, writer: Writer): Bounds {
  const { name, definition, outputs, settings } = status;
  const loop = definition?.loop;
  const tune = loop?.tune;
  if (loop === undefined || tune === undefined)
    throw refused(name, `${definition?.name ?? "it"} has no loop whose gains could be found by trying`);
  const moved = outputs.filter(({ output }) => output === tune.output);
  if (moved.length === 0) throw refused(name, `its output \`${tune.output}\` is bound to nothing`);
  const values: number[] = [];
  const targets = outputs.flatMap(({ output, device, name: called, action }) => {
    const inForce = writer.array(device).find((one) => one.action === action)?.inForce;
    if (inForce !== undefined && inForce.slot <= slots.operator)
      throw new BothyError("BUSY", {
        source: `controller ${name}`,
        fault: `${called} ${action} is commanded by ${inForce.who}: ${inForce.why}`,
      });
    if (output === tune.output) {
      if (typeof inForce?.value === "number") values.push(inForce.value);
      return [{ device, name: called, action }];
    }
    const { value } = inForce ?? {};
    return value === undefined ? [] : [{ device, name: called, action, value }];
  });
  if (values.length === 0) throw refused(name, `nothing is in force at its output \`${tune.output}\` yet`);
  const limits = (side: "least" | "most"): readonly Named[] => {
    const setting = tune[side];
    const asked = request[side];
    return [
      ...moved.flatMap(({ name: called, action, accepts }): readonly Named[] =>
        accepts.kind === "number"
          ? [{ value: side === "least" ? accepts.min : accepts.max, of: `${called} ${action} takes` }]
          : [],
      ),
      ...(setting === undefined ? [] : [{ value: Number(settings[setting]), of: `setting ${setting} is` }]),
      ...(asked === undefined ? [] : [{ value: asked, of: `${side} is` }]),
    ];
  };
  const least = limits("least").reduce((a, b) => (b.value > a.value ? b : a), { value: 0, of: "least is" });
  const most = limits("most").reduce((a, b) => (b.value < a.value ? b : a), { value: 100, of: "most is" });
  const present = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { loop, tune, targets, present, least, most };
}

/** @throws BothyError `BAD_INPUT` with the limit that is broken */
export function plannedTrial(
  { name }: ControllerStatus,
  request: TuneRequest,
  { loop, tune, targets, present, least, most }: Bounds,
): { readonly settings: TrialSettings; readonly moved: Moved } {
  const { method = "relay", height = trialDefaults.height, longest } = request;
  const centre = request.centre ?? Math.round(present);
  // A step goes one way, whichever there is room for.
  const up = centre + height <= most.value;
  const lowest = method === "relay" || !up ? centre - height : centre;
  const highest = method === "relay" ? centre + height : centre;
  const says = `centre ${centre} % with height ${height} %`;
  if (lowest < least.value)
    throw refused(
      name,
      `${says} goes to ${lowest} %, and ${least.of} at least ${least.value} %; ${remedy(least, most, height)}`,
    );
  if (highest > most.value)
    throw refused(
      name,
      `${says} goes to ${highest} %, and ${most.of} at most ${most.value} %; ${remedy(least, most, height)}`,
    );
  return {
    settings: {
      ...trialDefaults,
      ...{ method, action: tune.action, centre, height, least: least.value, most: most.value },
      furthest: request.furthest ?? trialDefaults.furthest,
      hysteresis: request.hysteresis ?? trialDefaults.hysteresis,
      longest: longest === undefined ? trialDefaults.longest : longest / 1000,
    },
    moved: { tune, pv: loop.pv, output: tune.output, targets },
  };
}

const remedy = (least: Named, most: Named, height: number): string =>
  most.value - least.value >= 2 * height
    ? `choose a centre within ${least.value + height}..${most.value - height}`
    : "choose a smaller height";

const refused = (name: string, fault: string): BothyError =>
  new BothyError("BAD_INPUT", { source: `tuning of ${name}`, fault });
