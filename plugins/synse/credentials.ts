import { readFile } from "node:fs/promises";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { BothyError } from "../../devices/errors.ts";
import type { Settings } from "./plan.ts";

/** @throws BothyError `BAD_CONFIG` for a file that cannot be read or is no PEM; it is looked at again next time */
export async function credentialsOf(tls: Settings["tls"], source: string): Promise<ChannelCredentials> {
  if (tls === undefined) return credentials.createInsecure();
  const load = async (option: "ca" | "cert" | "key"): Promise<Buffer | null> => {
    const path = tls[option];
    if (path === undefined) return null;
    return readFile(path).catch((cause: unknown) => {
      throw badFile(source, option, cause);
    });
  };
  const [ca, key, cert] = [await load("ca"), await load("key"), await load("cert")];
  try {
    return credentials.createSsl(ca, key, cert);
  } catch (cause) {
    throw badFile(source, "cert", cause);
  }
}

const badFile = (source: string, option: string, cause: unknown): BothyError =>
  new BothyError(
    "BAD_CONFIG",
    { source, fault: `tls.${option}: ${cause instanceof Error ? cause.message : String(cause)}` },
    { cause },
  );
