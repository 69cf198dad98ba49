import { getChannelInfo } from "../../../plugins/ipmi/commands/channels.ts";
import {
  getIpv6Addresses,
  getLanConfiguration,
  type LanConfiguration,
} from "../../../plugins/ipmi/commands/lan.ts";
import { listUsers, type User } from "../../../plugins/ipmi/commands/users.ts";
import { type Field, type OutputOptions, printList } from "../on-call/output.ts";
import { exit, type ExitCode, printJson } from "../terminal.ts";
import { type Bmc, onBmc } from "./bmc.ts";
import { unlessRefused } from "./controller.ts";
import { type Fact, printFacts, yesNo } from "./facts.ts";
import type { LoginOptions } from "./login.ts";

export interface LanOptions extends LoginOptions {
  readonly channel?: number;
  readonly json?: boolean;
}

/** The channel that was named, or the one we came in by. */
async function channelOf({ client, signal }: Bmc, named: number | undefined): Promise<number> {
  if (named !== undefined) return named;
  return (await unlessRefused(getChannelInfo(client, undefined, { signal })))?.channel ?? 1;
}

/** Shows how the BMC is connected. */
export async function lan(options: LanOptions): Promise<ExitCode> {
  const found = await onBmc(options, "operator", async (bmc) => {
    const channel = await channelOf(bmc, options.channel);
    const { client, signal } = bmc;
    const configuration = await getLanConfiguration(client, channel, { signal });
    const hasV6 = configuration.ipv6Counts !== undefined;
    const addresses = async (kind: "static" | "dynamic") =>
      hasV6 ? ((await unlessRefused(getIpv6Addresses(client, channel, kind, { signal }))) ?? []) : [];
    return {
      channel,
      ...configuration,
      addresses: [...(await addresses("static")), ...(await addresses("dynamic"))],
    };
  });
  if (options.json === true) printJson(found);
  else printFacts([["channel", String(found.channel)], ...lanFacts(found)]);
  return exit.good;
}

function lanFacts(
  found: LanConfiguration & { readonly addresses: readonly { address: string; prefix: number }[] },
): readonly Fact[] {
  const { vlan, suites, suiteLevels, badPassword } = found;
  const allowed = suites?.flatMap((suite, i) => {
    const level = suiteLevels?.[i];
    return level === "none" ? [] : [level === undefined ? String(suite) : `${suite} (${level})`];
  });
  return [
    ["address", found.ip ?? ""],
    ["from", found.source ?? ""],
    ["mask", found.mask ?? ""],
    ["gateway", found.gateway ?? ""],
    ["MAC address", found.mac ?? ""],
    ["VLAN", vlan === undefined ? "" : vlan.enabled ? String(vlan.id) : "none"],
    ["IPv6", found.ipv6 ?? ""],
    ["IPv6 addresses", found.addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(", ")],
    ["cipher suites", allowed?.join(", ") ?? "", suites?.includes(0) === true ? "bad" : undefined],
    ["1.5 log-in by", found.authSupport?.join(", ") ?? ""],
    [
      "wrong passwords",
      badPassword === undefined
        ? ""
        : badPassword.attempts === 0
          ? "lock nobody out"
          : `after ${badPassword.attempts} locked for ${badPassword.lockoutSeconds} s`,
    ],
  ];
}

export interface UsersOptions extends LoginOptions, OutputOptions {
  readonly channel?: number;
}

/** The columns of `bothy ipmi users`. */
export const userFields: readonly Field<User>[] = [
  { name: "ID", narrow: "cut", importance: 8, align: "right", min: 2, text: ({ user }) => String(user) },
  {
    name: "NAME",
    narrow: "wrap",
    importance: 9,
    text: ({ name, user }) => (name === "" && user === 1 ? "(anonymous)" : name),
  },
  { name: "LEVEL", narrow: "cut", importance: 7, text: ({ level }) => level ?? "" },
  {
    name: "ENABLED",
    narrow: "cut",
    importance: 7,
    text: ({ enabled }) => (enabled === undefined ? "not said" : yesNo(enabled)),
    style: ({ enabled }) => (enabled === false ? "faint" : undefined),
  },
  { name: "MESSAGING", narrow: "drop", importance: 4, text: ({ messaging }) => yesNo(messaging) },
  {
    name: "CALLBACK",
    narrow: "drop",
    importance: 2,
    text: ({ callbackOnly }) => (callbackOnly ? "only" : "no"),
  },
];

/** Lists the accounts of the BMC. */
export async function users(options: UsersOptions): Promise<ExitCode> {
  const found = await onBmc(options, "administrator", async (bmc) =>
    listUsers(bmc.client, await channelOf(bmc, options.channel), { signal: bmc.signal }),
  );
  printList(userFields, found, options);
  return exit.good;
}
