import { BothyError } from "../../../devices/errors.ts";
import { ask, type AskOptions, nothing, within } from "../answer.ts";
import { completionOf } from "../completion.ts";
import type { IpmiRequest, Requester } from "../contract.ts";

/** IPMI v2.0 §22.30. */
const operations = { disable: 0, enable: 1, set: 2, test: 3 } as const;
export type PasswordOperation = keyof typeof operations;

const short = 16;
const long = 20;

/**
 * The request, with the password in it: the caller wipes `data` when it was sent. Enabling and disabling send zeros, as
 * some controllers insist on a password of some kind there (Sun, Quanta).
 * @param password at most 20 bytes. Over 16 it is of the form IPMI 2.0 knows, and useless for IPMI 1.5
 * @throws BothyError `BAD_VALUE`, which does not show the password; `OUT_OF_RANGE`
 */
export function encodeUserPassword(
  user: number,
  operation: PasswordOperation,
  password = "",
): IpmiRequest & { readonly data: Buffer } {
  const bytes = Buffer.from(password, "utf8");
  const source = "password";
  if (bytes.length > long) {
    const value = `one of ${bytes.length} bytes`;
    bytes.fill(0);
    throw new BothyError("BAD_VALUE", { source, value, expected: "at most 20 bytes; it is not cut" });
  }
  const wide = bytes.length > short;
  const data = Buffer.alloc(2 + (wide ? long : short));
  data[0] = (wide ? 0x80 : 0) | within("user", user, 1, 63);
  data[1] = operations[operation];
  bytes.copy(data, 2);
  bytes.fill(0);
  return { netFn: 0x06, command: 0x47, data, ...(operation === "set" ? { repeatable: false } : {}) };
}

/** Sends it and wipes it, however that ends. */
async function sendPassword(
  requester: Requester,
  request: IpmiRequest & { readonly data: Buffer },
  options: AskOptions | undefined,
): Promise<void> {
  try {
    await ask(requester, request, nothing, options);
  } finally {
    request.data.fill(0);
  }
}

/**
 * Sets a password. After silence, `testUserPassword` tells whether it was set.
 * @throws BothyError `BAD_VALUE` for one of more than 20 bytes, before anything is sent
 */
export const setUserPassword = async (
  requester: Requester,
  user: number,
  password: string,
  options?: AskOptions,
): Promise<void> => sendPassword(requester, encodeUserPassword(user, "set", password), options);

export const enableUser = async (
  requester: Requester,
  user: number,
  enabled: boolean,
  options?: AskOptions,
): Promise<void> =>
  sendPassword(requester, encodeUserPassword(user, enabled ? "enable" : "disable"), options);

/** Whether a user has this password: 80h is another one, 81h one of another length. @throws BothyError */
export async function testUserPassword(
  requester: Requester,
  user: number,
  password: string,
  options?: AskOptions,
): Promise<boolean> {
  try {
    await sendPassword(requester, encodeUserPassword(user, "test", password), options);
    return true;
  } catch (thrown) {
    const completion = completionOf(thrown);
    if (completion === 0x80 || completion === 0x81) return false;
    throw thrown;
  }
}
