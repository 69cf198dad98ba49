import { type SdrRecord, thresholdNames } from "../../../plugins/ipmi/sdr/index.ts";
import { describeSensors, entityText, sensorTypeName } from "../../../plugins/ipmi/sensors/index.ts";
import { type Field, type OutputOptions, printList } from "../on-call/output.ts";
import { complain, exit, type ExitCode } from "../terminal.ts";
import { onBmc } from "./bmc.ts";
import type { LoginOptions } from "./login.ts";
import { recordsOf } from "./records.ts";
import { hexByte } from "./values.ts";

export interface SdrOptions extends LoginOptions, OutputOptions {}

const number = (value: number): string => value.toString(16).padStart(4, "0");

/** The columns of `bothy ipmi sdr`. */
export const sdrFields: readonly Field<SdrRecord>[] = [
  { name: "RECORD", narrow: "drop", importance: 3, text: ({ recordId }) => number(recordId) },
  { name: "KIND", narrow: "cut", importance: 7, min: 7, text: ({ kind }) => kind },
  { name: "NAME", narrow: "wrap", importance: 9, min: 12, text: nameOf },
  { name: "SENSOR", narrow: "drop", importance: 4, text: sensorText },
  { name: "ENTITY", narrow: "drop", importance: 5, text: entityOf },
  { name: "DETAIL", narrow: "wrap", importance: 6, min: 14, text: detailOf },
];

function nameOf(record: SdrRecord): string {
  return "name" in record ? record.name : "";
}

const isSensor = (record: SdrRecord) =>
  record.kind === "full" || record.kind === "compact" || record.kind === "event-only";

function sensorText(record: SdrRecord): string {
  return "number" in record && isSensor(record) ? hexByte(record.number) : "";
}

function entityOf(record: SdrRecord): string {
  if ("entity" in record) return entityText(record.entity);
  return record.kind === "association" ? entityText({ ...record.container, logical: false }) : "";
}

function detailOf(record: SdrRecord): string {
  switch (record.kind) {
    case "full":
    case "compact":
    case "event-only":
      return sensorDetail(record);
    case "association":
      return `holds ${record.contained
        .filter(({ id }) => id !== 0)
        .map((one) => entityText({ ...one, logical: false }))
        .join(record.isRange ? " … " : ", ")}`;
    case "fru-locator":
      return record.isLogical
        ? `FRU ${record.fruId} of ${hexByte(record.accessAddress)}h`
        : `memory chip at ${hexByte(record.slaveAddress)}h`;
    case "controller-locator":
    case "generic-locator":
      return `at ${hexByte(record.slaveAddress)}h, channel ${record.channel}`;
    case "oem":
      return `maker ${record.manufacturer}, ${record.data.length} bytes`;
    case "other":
      return `type ${hexByte(record.type)}h, ${record.bytes.length} bytes`;
    case "faulty":
      return record.fault;
  }
}

function sensorDetail(record: SdrRecord): string {
  const [sensor] = describeSensors([record]);
  if (sensor === undefined) return "";
  const { analog, thresholds, typeText, eventOnly } = sensor;
  const named = thresholdNames.filter((name) => thresholds.readable.includes(name));
  return [
    typeText,
    ...(analog === undefined || analog.quantity.unit.symbol === ""
      ? []
      : [`in ${analog.quantity.unit.symbol}`]),
    ...(named.length === 0 ? [] : [`thresholds ${named.join(" ")}`]),
    ...("sharing" in record && record.sharing.count > 1 ? [`${record.sharing.count} sensors`] : []),
    ...(eventOnly ? ["only sends events"] : []),
  ].join(", ");
}

/** What `--json` gives of a record: the record, its bytes as hexadecimal digits, and what its numbers mean. */
function recordJson(record: SdrRecord): object {
  return {
    ...Object.fromEntries(
      Object.entries(record).map(([key, value]: [string, unknown]) => [
        key,
        value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value,
      ]),
    ),
    ...("sensorType" in record ? { sensorTypeText: sensorTypeName(record.sensorType) } : {}),
    ...("entity" in record ? { entityText: entityText(record.entity) } : {}),
  };
}

/** Lists the sensor data records. */
export async function sdr(options: SdrOptions): Promise<ExitCode> {
  const { records, warnings } = await onBmc(options, "user", recordsOf);
  for (const warning of warnings) complain(`sensor records: ${warning}`);
  printList(sdrFields, records, options, recordJson);
  return exit.good;
}
