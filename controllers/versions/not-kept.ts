import { BothyError, saidBy } from "../../devices/errors.ts";

/** What a disk says, for people, and what to do about it. */
const known: Readonly<Record<string, readonly [fault: string, remedy: string]>> = {
  ENOSPC: ["its disk is full", "free space there"],
  EDQUOT: ["its quota is used up", "free space there, or raise the quota"],
  EROFS: ["its disk can only be read", "look at the disk, then mount it so that it can be written"],
  EACCES: ["it may not be written", "give the user this program runs as the right to"],
  EPERM: ["it may not be written", "give the user this program runs as the right to"],
  ENOTDIR: ["something that is no folder is in its place", "move it away"],
  EEXIST: ["something that is no folder is in its place", "move it away"],
  EIO: ["its disk fails", "look at the disk, and replace it"],
};

/** Something that was to outlast the program, and does not. @param folder it was to be in @param thrown by the system */
export function notKept(source: string, folder: string, thrown: unknown): BothyError {
  const code = String((thrown as { readonly code?: unknown } | undefined)?.code);
  const [fault, remedy] = known[code] ?? ["its disk takes nothing", "look at the disk"];
  const params = { source, folder, fault: `${fault}: ${saidBy(thrown)}`, remedy };
  return new BothyError("NOT_KEPT", params, { cause: thrown });
}
