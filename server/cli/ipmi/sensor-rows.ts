import { outputs } from "../../../devices/output.ts";
import type { ThresholdName } from "../../../plugins/ipmi/sdr/index.ts";
import { thresholdNames } from "../../../plugins/ipmi/sdr/index.ts";
import type {
  Sensor,
  SensorReading,
  Severity,
  ThresholdValues,
} from "../../../plugins/ipmi/sensors/index.ts";
import type { Field } from "../on-call/output.ts";
import { unitText } from "../on-call/texts.ts";
import type { Style } from "../show/table.ts";
import { hexByte } from "./values.ts";

/** A sensor and what it said. */
export interface SensorRow {
  readonly sensor: Sensor;
  readonly reading: SensorReading;
  /** Absent: they were not asked for. */
  readonly thresholds?: ThresholdValues;
  /** Whether the machine is known to be off. */
  readonly hostOff: boolean;
}

export const severityStyles: Readonly<Record<Severity, Style>> = {
  ok: "good",
  "non-critical": "doubtful",
  critical: "bad",
  "non-recoverable": "bad",
};

const thresholdTexts: Readonly<Record<ThresholdName, string>> = {
  lnc: "lower non-critical",
  lc: "lower critical",
  lnr: "lower non-recoverable",
  unc: "upper non-critical",
  uc: "upper critical",
  unr: "upper non-recoverable",
};

/** The symbol of the unit its value is in; empty where it has none. */
const symbolOf = ({ analog }: Sensor): string =>
  analog === undefined
    ? ""
    : (outputs.get(analog.quantity.output)?.unit?.symbol ?? analog.quantity.unit.symbol);

/** The decimals a step of the sensor is worth, and one more where that makes it exact: 0.25 is shown whole. */
export function steppedText(value: number, step: number | undefined): string {
  if (step === undefined || step <= 0) return String(Number(value.toPrecision(5)));
  const decimals = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  const isExact = (more: number): boolean => {
    const steps = step * 10 ** (decimals + more);
    return Math.abs(steps - Math.round(steps)) < 1e-6 * steps;
  };
  return value.toFixed(!isExact(0) && isExact(1) ? decimals + 1 : decimals);
}

/** What is wrong, or that nothing is. */
export function stateText({ sensor, reading, hostOff }: SensorRow): string {
  if (reading.unavailable !== undefined) return hostOff ? "host off" : "no reading";
  const worst = reading.crossed.at(-1);
  if (worst !== undefined) return thresholdTexts[worst];
  if (sensor.class === "threshold") return reading.severity ?? "";
  const states = reading.states.map(({ name }) => name).join(", ");
  return states === "" ? (reading.severity ?? "none") : states;
}

function stateStyle({ reading }: SensorRow): Style | undefined {
  if (reading.unavailable !== undefined) return "faint";
  return reading.severity === undefined ? undefined : severityStyles[reading.severity];
}

const thresholdField = (name: ThresholdName, asked: boolean): Field<SensorRow> => ({
  name: name.toUpperCase(),
  narrow: "drop",
  importance: 3,
  align: "right",
  shown: asked ? "filled" : "asked",
  text: ({ sensor: { analog }, thresholds }, people) => {
    const value = thresholds?.[name];
    return value === undefined ? "" : people ? steppedText(value, analog?.step) : String(value);
  },
});

/** The columns of `bothy ipmi sensors`. @param asked whether thresholds were asked for */
export const sensorFields = (asked: boolean): readonly Field<SensorRow>[] => [
  { name: "SENSOR", narrow: "wrap", importance: 9, min: 12, text: ({ sensor }) => sensor.name },
  {
    name: "VALUE",
    narrow: "cut",
    importance: 10,
    align: "right",
    text: ({ sensor, reading: { value } }, people) =>
      value === undefined
        ? ""
        : people
          ? steppedText(value, sensor.analog?.step)
          : String(Number(value.toPrecision(12))),
    // What is well needs no second mark.
    style: (row) => (stateStyle(row) === "good" ? undefined : stateStyle(row)),
  },
  {
    name: "UNIT",
    narrow: "cut",
    importance: 8,
    min: 3,
    text: ({ sensor, reading }, people) => {
      if (reading.value === undefined) return "";
      return people ? unitText(symbolOf(sensor)) : symbolOf(sensor);
    },
  },
  { name: "STATE", narrow: "wrap", importance: 8, min: 10, text: stateText, style: stateStyle },
  ...thresholdNames.map((name) => thresholdField(name, asked)),
  { name: "TYPE", narrow: "drop", importance: 5, text: ({ sensor }) => sensor.typeText },
  { name: "ENTITY", narrow: "drop", importance: 4, text: ({ sensor }) => sensor.entityText },
  {
    name: "NUMBER",
    narrow: "drop",
    importance: 1,
    shown: "pipe",
    text: ({ sensor }) => hexByte(sensor.number),
  },
  {
    name: "REASON",
    narrow: "wrap",
    importance: 2,
    min: 14,
    shown: "asked",
    text: ({ reading }) => (reading.unavailable ?? reading.noValue)?.text ?? "",
  },
];

/** What `--json` gives of a sensor. `value` is null, and `reason` says why, where there is none. */
export function sensorJson({ sensor, reading, thresholds, hostOff }: SensorRow): object {
  const reason = reading.unavailable ?? reading.noValue;
  return {
    name: sensor.name,
    number: sensor.number,
    owner: sensor.owner,
    lun: sensor.lun,
    type: sensor.typeText,
    entity: sensor.entityText,
    class: sensor.class,
    value: reading.value ?? null,
    unit: symbolOf(sensor) === "" ? null : symbolOf(sensor),
    severity: reading.severity ?? null,
    states: reading.states.map(({ name }) => name),
    crossed: reading.crossed,
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(reason === undefined ? {} : { reason }),
    ...(hostOff ? { hostOff } : {}),
  };
}
