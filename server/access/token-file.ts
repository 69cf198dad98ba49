import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { BothyError } from "../../devices/errors.ts";
import { readIfThere, syncFolder, writeWhole } from "../../devices/files.ts";
import { readTokens, type TokenRecord, tokensText } from "./token.ts";

/** The tokens of a file; none when there is no file. @throws BothyError `BAD_CONFIG` when it cannot be read or is none */
export function loadTokens(file: string): readonly TokenRecord[] {
  try {
    const text = readIfThere(file);
    return text === undefined ? [] : readTokens(text, file);
  } catch (error) {
    throw asFault(error, file);
  }
}

/**
 * Changes a token file: readable by its owner only, and at any moment either as before or as after. A second program
 * that changes it at the same time is refused.
 * @throws BothyError `BAD_CONFIG` for what is wrong with the file, and whatever `change` throws
 */
export function changeTokens(
  file: string,
  change: (tokens: readonly TokenRecord[]) => readonly TokenRecord[],
): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  const descriptor = openDraft(draft);
  try {
    try {
      writeWhole(descriptor, Buffer.from(tokensText(change(loadTokens(file)))));
      keepOwner(draft, file);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw asFault(error, file);
  }
  syncFolder(dirname(file));
}

function openDraft(draft: string): number {
  try {
    return openSync(draft, "wx", 0o600);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (!taken) throw asFault(error, draft);
    const fault = "another program is changing the tokens; if none is, remove this file";
    throw new BothyError("BAD_CONFIG", { source: draft, fault });
  }
}

/** Who makes a token as root must not take the file from the site that reads it. */
function keepOwner(draft: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(existsSync(file) ? file : dirname(file));
  chownSync(draft, uid, gid);
}

function asFault(error: unknown, file: string): unknown {
  if (error instanceof BothyError || (error as NodeJS.ErrnoException).code === undefined) return error;
  const { message } = error as Error;
  return new BothyError("BAD_CONFIG", { source: file, fault: message }, { cause: error });
}
