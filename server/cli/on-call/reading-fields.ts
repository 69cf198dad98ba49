import type { Instant } from "../../../devices/clock.ts";
import type { DeviceSummary, Reading } from "../../../client/index.ts";
import { deviceName } from "./look-up.ts";
import type { Field } from "./output.ts";
import { ageOf, exactValue, qualityStyle, roundedValue, unitText } from "./texts.ts";

/** A reading and what its device is called. */
export interface NamedReading {
  readonly name: string;
  readonly reading: Reading;
}

/** A column of a reading. */
export type ReadingField = Field<NamedReading>;

const reasonOf = ({ reading }: NamedReading): string =>
  reading.quality === "good" ? "" : reading.reason.text;

/** @param now the time ages are counted to */
export const readingFields = (now: () => Instant): readonly ReadingField[] => [
  { name: "DEVICE", narrow: "wrap", importance: 9, min: 12, text: ({ name }) => name },
  { name: "TYPE", narrow: "cut", importance: 6, min: 6, text: ({ reading }) => reading.type },
  {
    name: "CHANNEL",
    narrow: "cut",
    importance: 6,
    min: 5,
    shown: "filled",
    text: ({ reading }) => reading.context["channel"] ?? "",
  },
  {
    name: "VALUE",
    narrow: "wrap",
    importance: 10,
    align: "right",
    text: ({ reading }, people) => (people ? roundedValue(reading.value) : exactValue(reading.value)),
    style: ({ reading }) => qualityStyle(reading.quality),
  },
  {
    name: "UNIT",
    narrow: "cut",
    importance: 8,
    min: 3,
    text: ({ reading: { unit } }, people) => (people ? unitText(unit?.symbol ?? "") : (unit?.symbol ?? "")),
  },
  {
    name: "QUALITY",
    narrow: "cut",
    importance: 8,
    min: 4,
    text: ({ reading }) => reading.quality,
    style: ({ reading }) => qualityStyle(reading.quality),
  },
  {
    name: "AGE",
    narrow: "drop",
    importance: 5,
    align: "right",
    shown: "terminal",
    text: ({ reading }) => ageOf(reading.timestamp, now()),
  },
  {
    name: "TIMESTAMP",
    narrow: "drop",
    importance: 1,
    shown: "pipe",
    text: ({ reading }) => reading.timestamp,
  },
  { name: "REASON", narrow: "wrap", importance: 3, min: 14, shown: "filled", text: reasonOf },
  { name: "ID", narrow: "drop", importance: 1, shown: "pipe", text: ({ reading }) => reading.device },
];

/** Readings with the names of their devices; of devices that are not among them none. */
export function namedReadings(
  devices: readonly DeviceSummary[],
  readings: readonly Reading[],
): readonly NamedReading[] {
  const byDevice = new Map<string, Reading[]>();
  for (const reading of readings) {
    const some = byDevice.get(reading.device);
    if (some === undefined) byDevice.set(reading.device, [reading]);
    else some.push(reading);
  }
  return devices.flatMap((device) =>
    (byDevice.get(device.id) ?? []).map((reading) => ({ name: deviceName(device), reading })),
  );
}

/** What `--json` gives of a reading: as the server says it, with the alias. */
export const readingJson = ({ name, reading }: NamedReading): object => ({ name, ...reading });
