import { describeEvent, describeRecord, type EventText } from "../../../plugins/ipmi/sel/describe.ts";
import type { SelRecord } from "../../../plugins/ipmi/sel/record.ts";
import type { EventTime } from "../../../plugins/ipmi/sel/time.ts";
import type { Sensor } from "../../../plugins/ipmi/sensors/index.ts";
import type { Field } from "../on-call/output.ts";
import { severityStyles } from "./sensor-rows.ts";
import { ageText } from "../on-call/texts.ts";
import type { Style } from "../show/table.ts";

/** A record and the sensors that give it names. */
export interface SelRow {
  readonly record: SelRecord;
  readonly sensors: readonly Sensor[];
}

/** As the BMC's clock has it: nobody knows its time zone. */
export function timeText(time: EventTime): string {
  switch (time.kind) {
    case "clock":
      return new Date(time.instant).toISOString().slice(0, 19).replace("T", " ");
    case "since-start":
      return `${ageText(time.sinceStart)} after its start`;
    case "unknown":
      return "unknown";
  }
}

const eventOf = ({ record, sensors }: SelRow): EventText | undefined =>
  record.kind === "event" ? describeEvent(record, record.generator, sensors) : undefined;

const timeOf = ({ record }: SelRow): string => ("time" in record ? timeText(record.time) : "");

function styleOf(row: SelRow): Style | undefined {
  const severity = eventOf(row)?.severity;
  return severity === undefined ? undefined : severityStyles[severity];
}

/** The columns of `bothy ipmi sel`. */
export const selFields: readonly Field<SelRow>[] = [
  {
    name: "ID",
    narrow: "drop",
    importance: 3,
    text: ({ record: { id } }) => id.toString(16).padStart(4, "0"),
  },
  { name: "TIME", narrow: "cut", importance: 10, min: 19, text: timeOf },
  { name: "SENSOR", narrow: "wrap", importance: 8, min: 12, text: (row) => eventOf(row)?.sensor ?? "" },
  {
    name: "EVENT",
    narrow: "wrap",
    importance: 9,
    min: 16,
    text: (row) => eventOf(row)?.text ?? describeRecord(row.record, row.sensors),
    style: styleOf,
  },
  { name: "TYPE", narrow: "drop", importance: 2, text: (row) => eventOf(row)?.sensorType ?? row.record.kind },
];

/** What `--json` gives of a record. */
export function selJson(row: SelRow): object {
  const { record } = row;
  const event = eventOf(row);
  if (event === undefined) return { ...record, text: describeRecord(record, row.sensors) };
  // The sensor's own description is what `sdr` is for.
  return { ...record, ...event, found: undefined, severity: event.severity ?? null };
}
