import { BothyError } from "../../../devices/errors.ts";
import { completionOf } from "../../../plugins/ipmi/completion.ts";
import { encodeRaw, parseRaw, raw as send } from "../../../plugins/ipmi/commands/raw.ts";
import { CannotRun, complain, exit, type ExitCode, print, printJson } from "../terminal.ts";
import { onBmc } from "./bmc.ts";
import type { LoginOptions } from "./login.ts";

export interface RawOptions extends LoginOptions {
  readonly lun?: number;
  readonly target?: number;
  readonly channel?: number;
  readonly repeatable?: boolean;
  readonly json?: boolean;
}

/** Sends any command, and prints the bytes of its answer. @param words network function, command, data */
export async function raw(words: readonly string[], options: RawOptions): Promise<ExitCode> {
  const { lun, target, channel = 0, repeatable, json } = options;
  const command = {
    ...parsed(words),
    ...(lun === undefined ? {} : { lun }),
    ...(target === undefined ? {} : { target: { address: target, channel } }),
    ...(repeatable === undefined ? {} : { repeatable }),
  };
  return onBmc(options, "administrator", async ({ client, signal }) => {
    try {
      const data = await send(client, command, { signal });
      if (json === true) printJson({ completion: 0, data: data.toString("hex") });
      else if (data.length > 0) print(lines(data));
      return exit.good;
    } catch (thrown) {
      const completion = completionOf(thrown);
      if (completion === undefined || !(thrown instanceof BothyError)) throw thrown;
      if (json === true) printJson({ completion, data: "", text: thrown.message });
      else complain(`bothy: ${thrown.message}`);
      return exit.fault;
    }
  });
}

/** @throws CannotRun */
function parsed(words: readonly string[]): ReturnType<typeof parseRaw> {
  try {
    const command = parseRaw(words);
    encodeRaw(command);
    return command;
  } catch (thrown) {
    throw thrown instanceof BothyError
      ? new CannotRun(String(thrown.params["fault"] ?? thrown.message))
      : thrown;
  }
}

/** Sixteen bytes a line. */
function lines(data: Buffer): string {
  const bytes = [...data].map((byte) => byte.toString(16).padStart(2, "0"));
  return Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) =>
    bytes.slice(i * 16, i * 16 + 16).join(" "),
  ).join("\n");
}
