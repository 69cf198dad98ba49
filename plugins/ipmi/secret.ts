import { readFile } from "node:fs/promises";
import { BothyError } from "../../devices/errors.ts";
import type { SecretReference } from "./schema.ts";

/** Reads a secret anew: its file may have changed. @throws BothyError `BAD_CONFIG` that says where, never what */
export type Secret = () => Promise<Buffer>;

/** More than this is no password. */
const mostOfFile = 4096;

/** How long a password may be. IPMI v2.0 §22.30. */
export const mostBytes = ({ version }: { readonly version: string }): number => (version === "1.5" ? 16 : 20);
/** How long a BMC's key may be. */
export const mostKeyBytes = 20;

/** A fault without its place: what, and what to do about it. */
type Complaint = readonly [message: string, remedy: string];

interface Wanted {
  readonly key: "kg" | "password";
  /** How many bytes it may have. */
  readonly most: number;
}

const shorter = "give the BMC and Bothy a shorter one";

/**
 * What is wrong with where a secret is said to be. What was written there is shown only if it is no secret itself.
 * @param readFile looks at files; absent: they are not looked at
 */
export function secretFault(
  { env: variable, file }: SecretReference,
  env: Readonly<Record<string, string | undefined>>,
  wanted: Wanted,
  readFile?: (file: string) => Uint8Array,
): Complaint | undefined {
  if ((variable === undefined) === (file === undefined))
    return ["a secret is in one place", "give one of `env`, `file`"];
  if (variable !== undefined) return variableFault(variable, env[variable], wanted);
  return file === undefined || readFile === undefined ? undefined : fileFault(file, readFile, wanted);
}

/** Names of variables that nobody would have as a password. */
const isSurelyName = (variable: string): boolean => /^[A-Z][A-Z\d]*(_[A-Z\d]+)+$/.test(variable);

function variableFault(
  variable: string,
  value: string | undefined,
  { key, most }: Wanted,
): Complaint | undefined {
  const remedy = "set it where Bothy is started, or use `file`";
  if (value === undefined)
    return isSurelyName(variable)
      ? [`the environment variable ${variable} is not set`, remedy]
      : [
          "the environment variable named here is not set",
          "`env` takes the name of a variable, never the secret; set it where Bothy is started, or use `file`",
        ];
  if (value === "") return [`the environment variable ${variable} is empty`, remedy];
  return tooLong(`the secret in ${variable}`, Buffer.from(value), { key, most });
}

function tooLong(what: string, secret: Buffer, { key, most }: Wanted): Complaint | undefined {
  const { length } = key === "kg" ? keyBytes(secret) : secret;
  if (length <= most) return undefined;
  return [`${what} has ${length} bytes, but ${most} are the most IPMI knows here`, shorter];
}

/** How a file is called in messages: where a secret stands in place of its name, that is not shown. */
const fileName = (file: string): string => (/[/\\]/.test(file) ? file : "the file named here");

function fileFault(
  file: string,
  readFile: (file: string) => Uint8Array,
  wanted: Wanted,
): Complaint | undefined {
  const name = fileName(file);
  let bytes: Buffer;
  try {
    bytes = Buffer.from(readFile(file));
  } catch (thrown) {
    return unreadable(name, thrown);
  }
  const found = aloneIn(bytes);
  // A BMC may know an empty password; a file that is empty by mistake is likelier.
  const fault = typeof found !== "string" && found.length === 0 ? "is empty" : found;
  if (typeof fault === "string")
    return [`${name} ${fault}`, "put the secret into it, in one line, and nothing else"];
  return tooLong(`the secret in ${name}`, fault, wanted);
}

const faults: Readonly<Record<string, readonly [fault: string, remedy: string]>> = {
  ENOENT: ["is not there", "write the secret into it, readable by whoever runs Bothy; never here"],
  EISDIR: ["is a directory", "name the file in it that holds the secret"],
  EACCES: ["may not be read", "give whoever runs Bothy the right to read it"],
};

function unreadable(name: string, thrown: unknown): Complaint {
  const { code = "" } = (thrown ?? {}) as { readonly code?: string };
  const [fault, remedy] = faults[code] ?? [
    `cannot be read${code === "" ? "" : ` (${code})`}`,
    "name another",
  ];
  return [`${name} ${fault}`, remedy];
}

/** What stands in a file, without the end of its line; or what is wrong with it. */
function aloneIn(bytes: Buffer): Buffer | string {
  if (bytes.length > mostOfFile) return `holds ${bytes.length} bytes: that is no password`;
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (bytes[end - 1] === 0x0d) end--;
  const secret = bytes.subarray(0, end);
  return secret.includes(0x0a) ? "has several lines; the secret is to be alone in it" : secret;
}

/**
 * Where a secret comes from. Pure: nothing is read before it is asked for.
 * @param env as the configuration was read in
 */
export function secretOf(
  { env: variable, file }: SecretReference,
  env: Readonly<Record<string, string | undefined>>,
  source: string,
): Secret {
  if (file !== undefined) return () => readSecret(file, source);
  const value = env[variable ?? ""];
  return () =>
    value === undefined
      ? Promise.reject(
          new BothyError("BAD_CONFIG", { source, fault: `${variable ?? "the variable"} is not set` }),
        )
      : Promise.resolve(Buffer.from(value, "utf8"));
}

/** What stands in a file, without the end of its line. @throws BothyError `BAD_CONFIG` that never shows what does */
export async function readSecret(file: string, source: string): Promise<Buffer> {
  const name = fileName(file);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new BothyError("BAD_CONFIG", { source, fault: unreadable(name, cause)[0] }, { cause });
  });
  const found = aloneIn(bytes);
  if (typeof found === "string") throw new BothyError("BAD_CONFIG", { source, fault: `${name} ${found}` });
  return found;
}

/**
 * A BMC's key: text, or hexadecimal digits after `0x`.
 * @throws BothyError `BAD_CONFIG`
 */
export const keyOf = (secret: Buffer, source: string): Buffer =>
  within(keyBytes(secret), mostKeyBytes, `${source} kg`);

function keyBytes(secret: Buffer): Buffer {
  const text = secret.toString("latin1");
  return /^0x([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text.slice(2), "hex") : secret;
}

/** @throws BothyError `BAD_CONFIG` for a secret that is too long: it is never cut */
export function within(secret: Buffer, most: number, source: string): Buffer {
  if (secret.length <= most) return secret;
  const fault = `it has ${secret.length} bytes, but ${most} are the most IPMI knows`;
  throw new BothyError("BAD_CONFIG", { source, fault });
}
