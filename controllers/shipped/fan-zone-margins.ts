import type { Alarm } from "../contract.ts";
import type { Demand } from "../library/combine.ts";
import { causeOf, failSafeOf, type FailureCause } from "../library/fail-safe.ts";
import { leastMargin, marginOf, ownLimit } from "../library/margin.ts";
import { type PidInput, pidInit, type PidState, pidStep } from "../library/pid.ts";
import { shown } from "../library/timing.ts";
import type { Observation, Sample } from "../sample.ts";
import {
  marginLoop,
  marginOfSensor,
  type MarginSensor,
  type MarginSettings,
  unmatched,
} from "./fan-zone-margin-settings.ts";
import { alarm } from "./parts.ts";
import { type Lost, lostSensors, type ZoneFailSafe, zoneFailSafe } from "./zone-fail-safe.ts";

/** What is remembered of sensors that say what is left to a limit; JSON. */
export interface MarginState {
  /** By name: those that had nothing left, and how many readings in a row have had since. */
  readonly without: Readonly<Record<string, number>>;
  readonly loops: Readonly<Record<string, MarginLoop>>;
  /** Whose demand decided; absent: none of theirs. */
  readonly leader?: string;
}

interface MarginLoop {
  readonly pid: PidState;
  /** Where nothing was left, °C; null: the sensor reads its margin. */
  readonly zero: number | null;
}

interface Known {
  readonly name: string;
  readonly margin: number;
  readonly keep: number;
  readonly zero: number | null;
}

export interface Margins {
  /** Each sensor whose margin is known, and what is to be left, K. */
  readonly known: readonly Known[];
  /** Whose margin is furthest below what is to be left, and by how much, K; below 0: more is left. */
  readonly worst: { readonly name: string; readonly short: number } | undefined;
  /** Those that give nothing, and have a fail-safe duty of their own. */
  readonly lost: Lost;
  /** Smallest duty because of those that have nothing left, %. */
  readonly failSafe: number | undefined;
  readonly limits: readonly string[];
  readonly alarms: readonly Alarm[];
  readonly without: MarginState["without"];
}

type Settings = MarginSettings & ZoneFailSafe & { readonly recover: number };

/** °C: some BMCs give 0 or 255 for a limit that nobody has set. */
const [lowestLimit, highestLimit] = [20, 150];

/** What is left, K, and where nothing is, °C; undefined: it is not known where its limit is. */
function readMargin(seen: Sample, as: MarginSensor): Pick<Known, "margin" | "zero"> | undefined {
  if (as.reads === "margin") return { margin: seen.value, zero: null };
  if (as.reads === "below") return { margin: -seen.value, zero: null };
  const own = as.limit === undefined ? undefined : ownLimit(seen, as.limit);
  const zero = own !== undefined && own >= lowestLimit && own <= highestLimit ? own : as.zero;
  return zero === undefined ? undefined : { margin: marginOf(seen.value, zero), zero };
}

/** A device's own limit counts on the side where equipment is too hot. */
function judged(seen: Observation, margin: number | undefined, as: MarginSensor): FailureCause | undefined {
  const cause = causeOf(margin === undefined || seen.quality === "bad" ? seen : { ...seen, value: margin }, {
    margin: margin !== undefined,
  });
  if (cause !== "limit" || seen.quality === "bad" || as.reads === "margin") return cause;
  const crossed = seen.context?.["crossed"]?.split(", ");
  return crossed === undefined || crossed.some((one) => one.startsWith("u")) ? cause : undefined;
}

/** How many readings in a row it has had something left after it had nothing; undefined: that is over, or never was. */
function recovering(
  before: number | undefined,
  cause: FailureCause | undefined,
  recover: number,
): number | undefined {
  if (cause === "no-margin" || cause === "limit") return 0;
  // What gives nothing says nothing new.
  if (before === undefined || cause !== undefined) return before;
  return before + 1 >= recover ? undefined : before + 1;
}

/** A server that is off says nothing of its processor: that is no failure. */
const isAbsent = (one: Observation): boolean => one.quality === "bad" && one.code === "ABSENT";

const noLimit = ({ from, device }: Observation): Alarm =>
  alarm(
    `margin-limit:${from}`,
    "warning",
    `${from} says no such threshold, and \`margins\` no \`zero\`: it asks for no air`,
    device,
  );

const nothingLeft = ({ from, device }: Observation): Alarm =>
  alarm(
    `no-margin:${from}`,
    "major",
    `${from} has nothing left to its limit: fans are at their fail-safe duty at least; look at its cooler and load`,
    device,
  );

/**
 * What sensors say that are set to ask for air. Pure.
 * @param inlet °C as it was known last; null: never
 */
export function marginsSeen(
  before: MarginState | undefined,
  all: readonly Observation[],
  inlet: number | null,
  s: Settings,
): Margins {
  const known: Known[] = [];
  const without: Record<string, number> = {};
  const alarms: Alarm[] = [];
  const mine = all.flatMap((seen) => {
    const as = isAbsent(seen) ? undefined : marginOfSensor(s, seen.from);
    return as === undefined ? [] : [{ seen, as }];
  });
  for (const { seen, as } of mine) {
    const read = seen.quality === "bad" ? undefined : readMargin(seen, as);
    const good = recovering(before?.without[seen.from], judged(seen, read?.margin, as), s.recover);
    if (good !== undefined) {
      without[seen.from] = good;
      alarms.push(nothingLeft(seen));
    }
    if (read !== undefined) known.push({ name: seen.from, ...read, keep: as.keep });
    else if (seen.quality !== "bad") alarms.push(noLimit(seen));
  }
  for (const name of unmatched(
    s,
    all.map(({ from }) => from),
  ))
    alarms.push(alarm(`margins:${name}`, "notice", `no sensor of the input \`margins\` is called ${name}`));
  const names = Object.keys(without);
  const least = leastMargin(known.map(({ name, margin, keep }) => ({ name, margin: margin - keep })));
  const lost = lostSensors(
    mine.map(({ seen }) => seen),
    { sensors: mine.map(({ seen }) => ({ value: seen.quality === "bad" ? undefined : seen.value })) },
    s,
  );
  return {
    known,
    worst: least === undefined ? undefined : { name: least.name, short: -least.margin },
    lost,
    failSafe: failSafeOf(
      names.map(() => undefined),
      zoneFailSafe(inlet, s),
    ),
    limits:
      names.length === 0 ? [] : [`${names.join(", ")} ${names.length > 1 ? "have" : "has"} nothing left`],
    alarms,
    without,
  };
}

/** So much more than is to be left, K, is far from a limit: it asks for nothing, and its loop follows the fans. */
const near = 5;

/** Whether one of them is near its limit: then nothing but damage to others holds back its air. */
export const isNear = ({ known }: Pick<Margins, "known">): boolean =>
  known.some(({ margin, keep }) => margin <= keep + near);

const demandOf = (name: string): string => `margin of ${name}`;

/**
 * What each sensor's loop asks of the fans, %. It begins where they are, also with another limit or margin to be left.
 * @param bounds of this step; `applied` is the duty in force
 */
export function marginLoops(
  before: MarginState | undefined,
  { known, without }: Margins,
  bounds: Pick<PidInput, "dt" | "nominal" | "min" | "max" | "manual" | "applied">,
  s: MarginSettings,
): { readonly demands: readonly Demand[]; readonly state: MarginState } {
  const loops: Record<string, MarginLoop> = {};
  const demands = known.map(({ name, margin, keep, zero }): Demand => {
    const loop = before?.loops[name];
    const far = margin > keep + near;
    const anew = loop === undefined || loop.zero !== zero || loop.pid.setpoint !== keep;
    const follows = far || anew ? { manual: bounds.applied } : {};
    const pid = pidStep(
      loop?.pid ?? pidInit(),
      { setpoint: keep, pv: Math.min(margin, keep + near), ...follows, ...bounds },
      marginLoop(s),
    );
    loops[name] = { pid: pid.state, zero };
    return { name: demandOf(name), value: pid.output, enabled: !far };
  });
  return { demands, state: { without, loops } };
}

/** The same, with who decided. */
export const ledBy = (
  { demands, state }: ReturnType<typeof marginLoops>,
  leader: string | undefined,
): MarginState =>
  leader !== undefined && demands.some(({ name }) => name === leader) ? { ...state, leader } : state;

/** Whether the one that asked for the air that is moved does not any more: others take over where it left the fans. */
export const hasLeft = (before: MarginState | undefined, demands: readonly Demand[]): boolean =>
  before?.leader !== undefined &&
  !demands.some(({ name, enabled }) => name === before.leader && enabled === true);

/** Who asks for the air that is moved, when it is no inlet, for people. */
export function marginReason({ known }: Margins, leader: string | undefined): string | undefined {
  const who = known.find(({ name }) => leader === demandOf(name));
  return who === undefined
    ? undefined
    : `for ${who.name}, which has ${shown(who.margin)} K left of ${shown(who.keep)} K`;
}
