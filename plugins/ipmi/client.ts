/**
 * An IPMI client on its own: the package's `bothy/ipmi`. See docs/ipmi.md.
 *
 * `openBmc` gives a client of one BMC; everything else takes that client, or any other `Requester`, and asks it
 * something. Nothing here knows of sites, devices or configurations.
 * @module
 */

// The way to a BMC: one socket for all, a session for each.
export type { IpmiRequest, Requester } from "./contract.ts";
export { completionError, completionName, completionOf } from "./completion.ts";
export * from "./lan/index.ts";
export { type Clock, type Instant, type Millis, systemClock } from "../../devices/clock.ts";
export { BothyError, type ErrorCode, type ErrorParams, errorTable } from "../../devices/errors.ts";
export { type Log, type Priority, priority, silentLog } from "../../devices/plugin.ts";
export { outputNamed, type Output, type Unit } from "../../devices/output.ts";
export type { Reason } from "../../devices/reading.ts";

// Sensors: what there is, and what it says.
export * from "./sdr/index.ts";
export * from "./sensors/index.ts";

// The machine and its controller.
export * from "./commands/boot.ts";
export * from "./commands/chassis.ts";
export * from "./commands/controller.ts";
export * from "./commands/dcmi.ts";
export * from "./commands/dcmi-info.ts";
export * from "./commands/device-id.ts";
export * from "./commands/guid.ts";
export * from "./commands/identify.ts";
export * from "./commands/power-action.ts";
export * from "./commands/raw.ts";
export * from "./commands/watchdog.ts";

// Who may do what, and over which channel.
export * from "./commands/alerts.ts";
export * from "./commands/channels.ts";
export * from "./commands/cipher-suites.ts";
export * from "./commands/events.ts";
export * from "./commands/lan.ts";
export { makerName } from "./commands/makers.ts";
export * from "./commands/passwords.ts";
export * from "./commands/pef.ts";
export * from "./commands/sessions.ts";
export * from "./commands/sol.ts";
export * from "./commands/users.ts";

// What it is, and what happened to it.
export * from "./fru/index.ts";
export type { BoardArea, ChassisArea, FruField, ProductArea } from "./fru/area.ts";
export type { DcRecord, MultiRecord, PowerSupplyRecord } from "./fru/multi-record.ts";
export { type Fru, type FruHeader, parseFru, parseFruHeader } from "./fru/parse.ts";
export type { FruOptions } from "./fru/read.ts";
export * from "./fru/write.ts";
export * from "./sel/clear.ts";
export * from "./sel/describe.ts";
export * from "./sel/read.ts";
export * from "./sel/record.ts";
export * from "./sel/requests.ts";
export * from "./sel/time.ts";
export * from "./pet/listen.ts";
export * from "./pet/pet.ts";

// What some of them do differently.
export * from "./quirks.ts";
