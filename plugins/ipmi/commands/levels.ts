/** Privilege levels. IPMI v2.0 §6.8. */
export type PrivilegeLevel = "callback" | "user" | "operator" | "administrator" | "oem";
const levels = ["callback", "user", "operator", "administrator", "oem"] as const;

/** The level of a number; `none` for Fh, as users without access have it; undefined for all that have no name. */
export const levelOf = (code: number): PrivilegeLevel | "none" | undefined =>
  (code & 0x0f) === 0x0f ? "none" : levels[(code & 0x0f) - 1];

export const levelCode = (level: PrivilegeLevel | "none"): number =>
  level === "none" ? 0x0f : levels.indexOf(level) + 1;
