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

/**
 * What is wrong with where a secret is said to be, as far as that can be told without reading a file.
 * @param most how many bytes it may have
 */
export function secretFault(
  { env: variable, file }: SecretReference,
  env: Readonly<Record<string, string | undefined>>,
  { key, most }: { readonly key: "kg" | "password"; readonly most: number },
): readonly [message: string, remedy: string] | undefined {
  if ((variable === undefined) === (file === undefined))
    return ["a secret is in one place", "give one of `env`, `file`"];
  if (variable === undefined) return undefined;
  const value = env[variable];
  if (value === undefined || value === "")
    return [
      `the environment variable ${variable} is ${value === undefined ? "not set" : "empty"}`,
      "set it where Bothy is started, or use `file`",
    ];
  const bytes = Buffer.from(value);
  const { length } = key === "kg" ? keyBytes(bytes) : bytes;
  if (length <= most) return undefined;
  return [
    `the secret in ${variable} has ${length} bytes, but ${most} are the most IPMI knows here`,
    "give the BMC and Bothy a shorter one",
  ];
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

/** What stands in a file, without the end of its line. @throws BothyError `BAD_CONFIG` */
export async function readSecret(file: string, source: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    const fault = `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new BothyError("BAD_CONFIG", { source, fault }, { cause });
  });
  if (bytes.length > mostOfFile)
    throw new BothyError("BAD_CONFIG", {
      source,
      fault: `${file} holds ${bytes.length} bytes: that is no password`,
    });
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end--;
  if (bytes[end - 1] === 0x0d) end--;
  if (bytes.subarray(0, end).includes(0x0a))
    throw new BothyError("BAD_CONFIG", {
      source,
      fault: `${file} has several lines; the secret is to be alone in it`,
    });
  return bytes.subarray(0, end);
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
