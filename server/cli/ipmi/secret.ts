import { statSync } from "node:fs";
import { BothyError } from "../../../devices/errors.ts";
import { keyOf, readSecret } from "../../../plugins/ipmi/secret.ts";
import type { Env } from "../contexts.ts";
import { CannotRun, complain } from "../terminal.ts";
import type { LoginOptions } from "./login.ts";
import { askSecretly, canAsk } from "./prompt.ts";

export const passwordVariable = "BOTHY_IPMI_PASSWORD";

/** Refuses a password on the command line: everybody on the machine sees it there, and the shell keeps it. */
export function refusePassword({ password }: LoginOptions): void {
  if (password !== undefined)
    throw new CannotRun(
      `a password on the command line is seen by everybody on this machine: put it into a file (--password-file) or $${passwordVariable}, or leave it out to be asked`,
    );
}

/**
 * The password: from a file, the environment, or whoever sits there.
 * @param who for the question: `admin at 10.0.0.5`
 * @throws CannotRun when there is none to be had
 */
export async function passwordOf({ passwordFile }: LoginOptions, env: Env, who: string): Promise<Uint8Array> {
  if (passwordFile !== undefined) return fromFile(passwordFile);
  const set = env[passwordVariable];
  if (set !== undefined && set !== "") return Buffer.from(set, "utf8");
  if (!canAsk())
    throw new CannotRun(
      `no password for ${who}: name a file (--password-file), set $${passwordVariable}, or run this in a terminal to be asked`,
    );
  return Buffer.from(await askSecretly(`Password of ${who}: `), "utf8");
}

/** The BMC's own key, of two-key logins. @throws CannotRun */
export async function kgOf({ kgFile }: LoginOptions): Promise<Uint8Array | undefined> {
  if (kgFile === undefined) return undefined;
  const secret = await fromFile(kgFile);
  try {
    return keyOf(secret, kgFile);
  } catch (thrown) {
    throw explained(thrown);
  }
}

async function fromFile(file: string): Promise<Buffer> {
  warnIfOpen(file);
  try {
    return await readSecret(file, "secret");
  } catch (thrown) {
    throw explained(thrown);
  }
}

function explained(thrown: unknown): unknown {
  if (!(thrown instanceof BothyError)) return thrown;
  return new CannotRun(String(thrown.params["fault"] ?? thrown.message));
}

/** Others on this machine who can read it are told of, and no more: it may be meant. */
function warnIfOpen(file: string): void {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status?.isFile() === true && (status.mode & 0o077) !== 0)
    complain(`${file} can be read by others on this machine: chmod 600 ${file}`);
}
