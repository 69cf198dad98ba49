import { BlockList, isIP } from "node:net";
import { parseTag } from "../../devices/tag.ts";
import type { Path } from "../../devices/plugin.ts";
import { isLoopback } from "../loopback.ts";
import { type AccessSection, type JwtSection, secretAlgorithms, type TlsSection } from "./schema.ts";

/** Something wrong with how a site is reached. */
export interface AccessFault {
  readonly path: Path;
  readonly message: string;
  readonly remedy: string;
}

interface Listening {
  readonly host?: string;
  readonly tls?: TlsSection;
  readonly behindProxy?: readonly string[];
}

/** Why a site must not listen as it is told to: others would reach it unprotected. Undefined: it may. */
export function whyNotListen(http: Listening, access: AccessSection | undefined): AccessFault | undefined {
  const { host = "127.0.0.1", tls, behindProxy } = http;
  const beyond = !isLoopback(host);
  if (beyond && tls === undefined && behindProxy === undefined) {
    return {
      path: ["http", "host"],
      message: `\`${host}\` is reached from other machines, and everybody between could read and change what is said`,
      remedy: "write 127.0.0.1; or add `tls` below `http`, or `behindProxy` when a proxy speaks TLS for it",
    };
  }
  if ((beyond || behindProxy !== undefined) && access === undefined) {
    return {
      path: ["http", beyond ? "host" : "behindProxy"],
      message: "other machines reach the site, and nobody would have to say who they are",
      remedy: "add `access: {}` and make tokens with `bothy token create`",
    };
  }
  if (behindProxy !== undefined && access?.loopback === true) {
    return {
      path: ["access", "loopback"],
      message: "what comes from a proxy may look as if it came from this machine",
      remedy: "remove it, or `http.behindProxy`",
    };
  }
  return undefined;
}

/** Whether a text is an address or a network such as `10.0.3.0/24`. */
export function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** Addresses that are in any of these networks. @param networks as `isNetwork` takes them */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of networks) {
    const [address = "", bits] = text.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    // A socket that takes both families shows IPv4 this way.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? "ipv6" : "ipv4");
  };
}

/** All that is wrong with the sections `http` and `access` of a file beyond their schemas. They may be of any shape. */
export function accessFaults(file: Readonly<Record<string, unknown>>): readonly AccessFault[] {
  const http = sectionOf(file["http"]) as Listening | undefined;
  const access = sectionOf(file["access"]) as AccessSection | undefined;
  const listening = whyNotListen(http ?? {}, access);
  return [
    ...(listening === undefined ? [] : [listening]),
    ...proxyFaults(http),
    ...certificateFaults(http, access),
    ...jwtFaults(sectionOf(access?.jwt) as JwtSection | undefined),
    ...Object.entries(sectionOf(access?.certificates) ?? {}).flatMap(([name, client]) =>
      scopeFaults(
        ["access", "certificates", name, "scope"],
        (sectionOf(client) as { readonly scope?: unknown } | undefined)?.scope,
      ),
    ),
  ];
}

const proxyFaults = (http: Listening | undefined): readonly AccessFault[] =>
  listOf(http?.behindProxy).flatMap((text, i) =>
    typeof text !== "string" || isNetwork(text)
      ? []
      : [
          {
            path: ["http", "behindProxy", i],
            message: `\`${text}\` is neither an address nor a network`,
            remedy: "write e.g. `10.0.3.7` or `10.0.3.0/24`",
          },
        ],
  );

function certificateFaults(
  http: Listening | undefined,
  access: AccessSection | undefined,
): readonly AccessFault[] {
  const tls = sectionOf(http?.tls) as TlsSection | undefined;
  const remedy = "add `clientCa` below `http.tls`";
  if (tls?.clientCa !== undefined) return [];
  return [
    ...(access?.certificates === undefined
      ? []
      : [{ path: ["access", "certificates"], message: "no client certificates are asked for", remedy }]),
    ...(tls?.clientsOnly === true
      ? [{ path: ["http", "tls", "clientsOnly"], message: "no authority is trusted", remedy }]
      : []),
  ];
}

const isSecret = (algorithm: unknown): boolean => secretAlgorithms.some((known) => known === algorithm);

function jwtFaults(jwt: JwtSection | undefined): readonly AccessFault[] {
  if (jwt === undefined) return [];
  const at = (key: string, message: string, remedy: string): AccessFault => ({
    path: ["access", "jwt", key],
    message,
    remedy,
  });
  const faults: AccessFault[] = [];
  if (jwt.secretFile !== undefined && jwt.jwks !== undefined)
    faults.push(at("secretFile", "there is `jwks` as well", "remove one of the two"));
  const source = jwt.jwks ?? (jwt.secretFile === undefined ? jwt.issuer : undefined);
  const key = jwt.jwks === undefined ? "issuer" : "jwks";
  if (typeof source === "string" && (key === "issuer" || /^\w+:\/\//.test(source)) && !isSafeUrl(source)) {
    const message = `\`${source}\` is no https: address`;
    faults.push(at(key, message, "write https:, or name a file with the keys below `jwks`"));
  }
  for (const algorithm of listOf(jwt.algorithms)) {
    if (isSecret(algorithm) === (jwt.secretFile !== undefined)) continue;
    const message = `\`${String(algorithm)}\` is signed with ${isSecret(algorithm) ? "a shared secret" : "a private key"}`;
    const other = isSecret(algorithm) ? "name it below `secretFile`" : "remove `secretFile`";
    faults.push(at("algorithms", message, `${other}, or remove the algorithm`));
  }
  return faults;
}

/** Keys that come over a network unprotected are nobody's. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[(.*)\]$/, "$1")));
}

const scopeFaults = (path: Path, scope: unknown): readonly AccessFault[] =>
  listOf(scope).flatMap((group, i) =>
    typeof group !== "string"
      ? []
      : group
          .split(",")
          .filter((tag) => parseTag(tag) === undefined)
          .map((tag) => ({
            path: [...path, i],
            message: `\`${tag.trim()}\` is no tag`,
            remedy: "write `namespace/annotation:label`, e.g. `rack:r1`",
          })),
  );

const sectionOf = (value: unknown): object | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
