export type { BmcClient, BmcState, SessionFacts } from "./bmc.ts";
export { openBmc } from "./bmc-client.ts";
export { type CipherSuite, cipherSuites, type OfferedSuite, safeSuites } from "./cipher-suites.ts";
export {
  type BmcDeps,
  type BmcOptions,
  type LanQuirks,
  type PrivilegeLevel,
  privilegeLevels,
  type Random,
  widestWindow,
} from "./options.ts";
export { presence, type Presence, type PresenceOptions } from "./presence.ts";
export { levelName, type Refusal, refusalOf } from "./refusal.ts";
export type { DropReason } from "./session.ts";
export {
  type Endpoint,
  type IpmiSocket,
  openIpmiSocket,
  type Receiver,
  type Remote,
  type SocketCounts,
  type SocketOptions,
} from "./socket.ts";
export type { BmcStatistics } from "./statistics.ts";
