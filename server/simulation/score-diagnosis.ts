import type { Fault, FaultKind } from "../../simulators/fault-text.ts";
import type { SitePhysics } from "../../simulators/physics/types.ts";

/** A fault is diagnosed by an alarm that says what is broken, not by one of what follows from it. */
interface Expected {
  /** Of the alarm's id, without its controller. */
  readonly alarm: (fault: Fault) => RegExp;
  /** s from when it could be seen to the alarm. */
  readonly within: number;
  /** Whether it could be seen now. @param age s since it began */
  readonly visible?: (fault: Fault, physics: SitePhysics, age: number) => boolean;
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const named = (ids: string, what: string): RegExp => new RegExp(`^(${ids}):.*${escaped(what)}(?![\\w-])`);
/** Of a whole site: whose it is need not be said. */
const plain = (ids: string) => (): RegExp => new RegExp(`^(${ids})$`);

const minute = 60;
const halfHour = 1800;
const day = 86_400;
/** K by which a sensor must be off before anybody can tell. */
const drifted = 2;
/** K by which the air must be elsewhere than a stuck sensor says. */
const apart = 1;
/** % by which a damper must be elsewhere than it is told. */
const astray = 10;

const fan = (ids: string, within = minute): Expected => ({
  alarm: (fault) => named(ids, `${fault.target}.fan-${fault.fan ?? 0}`),
  within,
  visible: ({ fan: number = 1 }, { commands }) => (commands.fanDuty[number - 1] ?? 0) > 0,
});
const sensor: Expected = { alarm: ({ target }) => named("sensor", target), within: halfHour };
const unit = ({ target }: Fault): number => Number(/\d+$/.exec(target)?.[0] ?? 1) - 1;
const cooler = (ids: string, within: number): Expected => ({
  alarm: ({ target }) => named(ids, target),
  within,
  visible: (fault, { commands }) => (commands.dx[unit(fault)]?.capacity ?? 0) > 0,
});
/** Whether outdoor air can be told from that of the room, with compressors at rest. */
const feelable = ({ state }: SitePhysics): boolean =>
  state.hot - state.outdoor > 5 && state.dx.every(({ running }) => !running);

/** What is expected of each kind that has a diagnosis of its own. */
const expected: Partial<Record<FaultKind, Expected>> = {
  "dead-fan": fan("fan-failed|fan-stopped"),
  "worn-fan": fan("fan-slow", halfHour),
  "intermittent-fan": fan("fan-failed|fan-stopped|fan-hunting", halfHour),
  "tach-lost": fan("fan-tach|fan-failed|fan-stopped", halfHour),
  stuck: {
    ...sensor,
    // Where it is stuck for want of a value, the air has to move first: that takes a part of a day.
    visible: ({ value }, { state }, age) =>
      value === undefined ? age >= day : Math.abs(state.inlet - value) > apart,
  },
  ...{ "open-wire": sensor, "short-wire": sensor, intermittent: sensor },
  ...{ fahrenheit: sensor, shifted: sensor },
  drift: {
    alarm: sensor.alarm,
    within: 7 * day,
    visible: ({ amount = 0 }, _physics, age) => (Math.abs(amount) * age) / day >= drifted,
  },
  lockout: { ...cooler("tripped|locked-out", minute), visible: () => true },
  "condenser-blocked": cooler("tripped|locked-out", halfHour),
  "compressor-dead": cooler("failed", halfHour),
  "damper-stuck": {
    alarm: plain("damper-stuck"),
    within: 180,
    visible: (_fault, { commands, state }) => Math.abs(commands.damper - state.damper) > astray,
  },
  "damper-slipped": {
    alarm: plain("damper-no-air|damper-stuck"),
    within: 180,
    visible: (_fault, physics) =>
      physics.commands.damper > 50 && physics.state.damper < astray && feelable(physics),
  },
  "mains-loss": { alarm: plain("mains-out"), within: minute },
  smoke: { alarm: plain("smoke|fire"), within: 3 },
  leak: { alarm: plain("leak"), within: minute },
  "door-open": { alarm: plain("door-open"), within: halfHour },
  "line-cut": { alarm: plain("fail-safe"), within: minute },
};

/** How a fault was told from others. */
export interface Diagnosis {
  readonly fault: string;
  /** s after it could be seen; Infinity: it never was. */
  readonly seconds: number;
  /** s it may take. */
  readonly within: number;
  /** Which alarm it was, with its controller. */
  readonly alarm?: string;
}

/** Whether an alarm says what this fault is; false for kinds that have no diagnosis. @param id of the alarm */
export const diagnoses = (fault: Fault, id: string): boolean =>
  expected[fault.kind]?.alarm(fault).test(id) ?? false;

/** s a fault may be seen without being diagnosed; undefined: that kind has no diagnosis. */
export const diagnosedWithin = ({ kind }: Fault): number | undefined => expected[kind]?.within;

/** Whether somebody who looks could see it now. @param age s since it began */
export const isVisible = (fault: Fault, physics: SitePhysics, age: number): boolean =>
  expected[fault.kind]?.visible?.(fault, physics, age) ?? true;
