import {
  analogCommands,
  analogSensors,
  compactRecord,
  discreteCommands,
  discreteSensors,
  extraSensors,
  fullRecord,
  locatorRecords,
  otherRecords,
} from "./sensors.ts";

export interface SimConfig {
  readonly folder: string;
  readonly port: number;
  readonly consolePort: number;
  /** Where the programs lie that the simulator calls. */
  readonly programs: string;
  readonly extraSensors: number;
  readonly onlyExtra: boolean;
  readonly pollMillis: number | undefined;
  readonly solPort: number | undefined;
  readonly bmcKey: string | undefined;
}

/** Users by name; all but `disabled` may log in. */
export const simUsers = {
  admin: "admin-pass",
  operator: "oper-pass",
  monitor: "moni-pass",
  disabled: "disa-pass",
  "sixteen-char-usr": "nineteen-chars-pass",
} as const;

const hex = (text: string): string => Buffer.from(text).toString("hex");

/** The file for `ipmi_sim -c`. Its quoted names end at 15 bytes and passwords at 19; hexadecimal ones do not. */
export const lanConfig = (config: SimConfig): string => `name "edgesim"
set_working_mc 0x20
startlan 1
  addr 127.0.0.1 ${config.port}
  priv_limit admin
  allowed_auths_callback md5
  allowed_auths_user md5
  allowed_auths_operator md5
  allowed_auths_admin md5
  guid a123456789abcdefa123456789abcdef
  ${config.bmcKey === undefined ? "" : `bmc_key "${config.bmcKey}"`}
  lan_config_program "sh ${config.programs}/lan-parameters.sh ${config.folder}"
endlan
chassis_control "sh ${config.programs}/chassis.sh ${config.folder}"
${config.solPort === undefined ? "" : `sol "tcp:127.0.0.1:${config.solPort}" 115200`}
user 1 false "" "none" user 1 md5
user 2 true "admin" "${simUsers.admin}" admin 20 md5
user 3 true "operator" "${simUsers.operator}" operator 20 md5
user 4 true "monitor" "${simUsers.monitor}" user 20 md5
user 5 false "disabled" "${simUsers.disabled}" admin 20 md5
user 6 true ${hex("sixteen-char-usr")} "${simUsers["sixteen-char-usr"]}" admin 20 md5
console 127.0.0.1 ${config.consolePort}
`;

const eventOnlyCommands = (number: number, type: string, states: string): readonly string[] => [
  `sensor_add 0x20 0 ${number} ${type} 0x6f event-only`,
  `sensor_set_event_support 0x20 0 ${number} enable scanning per-state ${states} ${"0".repeat(15)} ${states} ${"0".repeat(15)}`,
];

/** The commands for `ipmi_sim -f`. */
export function emulatorCommands(config: SimConfig): string {
  const { folder, pollMillis } = config;
  const poll = (number: number): { file: string; millis: number } | undefined =>
    pollMillis === undefined ? undefined : { file: `${folder}/sensors/${number}`, millis: pollMillis };
  return [
    "mc_setbmc 0x20",
    "mc_add 0x20 0x21 no-device-sdrs 1 3 0x14 0xbf 0x7ed9 0x0e01 persist_sdr",
    "sel_enable 0x20 512 0x0b",
    // The simulator itself relies on number 0 being the watchdog.
    ...eventOnlyCommands(0, "0x23", "000000000001111"),
    ...eventOnlyCommands(29, "0x14", "000000000000111"),
    ...(config.onlyExtra
      ? []
      : [
          ...analogSensors.flatMap((one) => analogCommands(one)),
          ...discreteSensors.flatMap(discreteCommands),
        ]),
    // A record of a maker that does not exist (the number is reserved for documentation).
    "main_sdr_add 0x20 0 0 0x51 0xc0 8 0xd9 0x7e 0x00 1 2 3 4 5",
    `mc_add_fru_data 0x20 0 512 file 0 "${config.folder}/fru0.bin"`,
    `mc_add_fru_data 0x20 1 256 file 0 "${config.folder}/fru1.bin"`,
    `mc_add_fru_data 0x20 2 256 file 0 "${config.folder}/fru2.bin"`,
    ...extraSensors(config.extraSensors).flatMap((one) => analogCommands(one, poll(one.number))),
    "mc_enable 0x20",
    "",
  ].join("\n");
}

/** The source for sdrcomp. */
export const recordSource = (config: SimConfig): string =>
  [
    ...locatorRecords,
    ...(config.onlyExtra
      ? []
      : [...analogSensors.map(fullRecord), ...discreteSensors.map(compactRecord), ...otherRecords]),
    ...extraSensors(config.extraSensors).map(fullRecord),
  ].join("\n");

/** What the event log starts with, oldest first; from 2024-03-01 11:46:08 UTC, a minute apart. */
const firstEvents: readonly string[] = [
  "01000200c0e16520000412006f01ffff",
  "0200023cc0e165200004010201575250",
  "03000278c0e165200004010281574c50",
  "040002b4c0e16520000408146f03ffff",
  "050002f0c0e1652000040814ef03ffff",
  "0600c52cc1e165d97e00aabbccddeeff",
  "0700e10102030405060708090a0b0c0d",
];

/** The simulator's file of its event log: newest first, bytes as `\\xx`. */
export const eventLog = (): string =>
  [
    ...firstEvents
      .map((record, index) => `${index + 1}:d:${record.replace(/../g, (byte) => `\\${byte}`)}`)
      .reverse(),
    "last_erase_time:i:1709251200",
    "last_add_time:i:1709293868",
    "",
  ].join("\n");
