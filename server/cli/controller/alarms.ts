import type { ControllerAlarm } from "../../../client/index.ts";
import { onServer, ownOnly } from "../client.ts";
import { type Field, type OutputOptions, printList } from "../on-call/output.ts";
import { ageOf, ageText } from "../on-call/texts.ts";
import { exit, type ExitCode, print } from "../terminal.ts";
import { counts, unsure } from "./counted.ts";
import { type Options, reasonOf } from "./run.ts";

function latchText({ latch }: ControllerAlarm): string {
  if (latch === undefined) return "";
  if (latch.acknowledged !== undefined) return `acknowledged by ${latch.acknowledged.who}`;
  return `until acknowledged${latch.over ? "; its condition is over" : ""}`;
}

const fieldsAt = (now: number): readonly Field<ControllerAlarm>[] => [
  { name: "CONTROLLER", narrow: "wrap", importance: 8, text: ({ controller }) => controller },
  {
    name: "SEVERITY",
    narrow: "cut",
    importance: 9,
    text: ({ severity }) => severity,
    style: (alarm) => (!counts(alarm) ? undefined : alarm.severity === "warning" ? "doubtful" : "bad"),
  },
  { name: "ALARM", narrow: "wrap", importance: 6, text: ({ id }) => id },
  { name: "FOR", narrow: "cut", importance: 5, align: "right", text: ({ since }) => ageOf(since, now) },
  { name: "WHAT", narrow: "wrap", importance: 7, min: 16, text: (alarm) => alarm.text + unsure(alarm, now) },
  {
    name: "PART OF",
    narrow: "wrap",
    importance: 4,
    shown: "filled",
    text: ({ partOf = "" }) => partOf,
  },
  {
    name: "LATCHED",
    narrow: "wrap",
    importance: 4,
    shown: "filled",
    text: latchText,
  },
  {
    name: "SHELVED",
    narrow: "wrap",
    importance: 4,
    shown: "filled",
    text: ({ shelved }) =>
      shelved === undefined
        ? ""
        : `for ${ageText(Date.parse(shelved.until) - now)} more by ${shelved.who}: ${shelved.why}`,
  },
];

/** Ends with 1 when something stands that nobody has shelved, notices and parts of other alarms aside. */
export const alarms = (name: string | undefined, options: Options & OutputOptions): Promise<ExitCode> =>
  onServer(options, async ({ target, client, now }) => {
    const { controllers } = client;
    const all =
      name === undefined
        ? await ownOnly(target, "controllers", controllers.list())
        : [await ownOnly(target, "controllers", controllers.get(name))];
    const standing = all.flatMap((one) => one.alarms);
    printList(fieldsAt(now()), standing, options);
    return standing.some(counts) ? exit.fault : exit.good;
  });

export const shelve = (name: string, alarm: string, options: Options): Promise<ExitCode> =>
  onServer(options, async ({ client }) => {
    const { for: span = "8h", why = "bothy controller shelve" } = options;
    await client.controllers.shelve(name, alarm, { for: span, why });
    print(`${name} ${alarm}: shelved for ${span}`);
    return exit.good;
  });

export const acknowledge = (name: string, alarm: string, options: Options): Promise<ExitCode> =>
  onServer(options, async ({ client }) => {
    const standing = await client.controllers.acknowledge(name, alarm, reasonOf(options));
    const stands = standing.some(({ id }) => id === alarm);
    print(`${name} ${alarm}: acknowledged, ${stands ? "and stands as long as its condition" : "and over"}`);
    return exit.good;
  });

export const unshelve = (name: string, alarm: string, options: Options): Promise<ExitCode> =>
  onServer(options, async ({ client }) => {
    await client.controllers.unshelve(name, alarm);
    print(`${name} ${alarm}: counts again`);
    return exit.good;
  });
