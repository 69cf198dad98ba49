import { lstat, mkdir, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { BothyError } from "../../devices/errors.ts";

/**
 * Makes room for a unix socket: its folder is there, and a socket nobody listens on any more is not.
 * @throws BothyError `BAD_CONFIG` when something else is there, or somebody listens
 */
export async function makeRoomFor(path: string): Promise<void> {
  const cannot = (fault: string): BothyError => new BothyError("BAD_CONFIG", { source: path, fault });
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return;
    if (!found.isSocket()) throw cannot("there is a file that is no socket; choose another name");
    if (await answers(path)) throw cannot("another program listens there; stop it or choose another name");
    await unlink(path);
  } catch (error) {
    if (error instanceof BothyError) throw error;
    throw cannot(error instanceof Error ? error.message : String(error));
  }
}

/** Removes a socket that is no longer listened on; that it is gone already is nothing. */
export async function removeSocket(path: string): Promise<void> {
  await unlink(path).catch(() => undefined);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // One we may not connect to is somebody's too.
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EACCES"));
  });
}
