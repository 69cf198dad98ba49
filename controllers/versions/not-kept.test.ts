import assert from "node:assert/strict";
import { test } from "node:test";
import { BothyError } from "../../devices/errors.ts";
import { notKept } from "./not-kept.ts";

const thrown = (code: string): Error => Object.assign(new Error(`${code}: so`), { code });

test("whatever a disk says, people are told which folder it is, what is wrong and what to do", () => {
  const rows: readonly (readonly [thrown: unknown, fault: string, remedy: string])[] = [
    [thrown("ENOSPC"), "its disk is full: ENOSPC: so", "free space there"],
    [thrown("EDQUOT"), "its quota is used up: EDQUOT: so", "free space there, or raise the quota"],
    [
      thrown("EROFS"),
      "its disk can only be read: EROFS: so",
      "look at the disk, then mount it so that it can be written",
    ],
    [
      thrown("EACCES"),
      "it may not be written: EACCES: so",
      "give the user this program runs as the right to",
    ],
    [thrown("EIO"), "its disk fails: EIO: so", "look at the disk, and replace it"],
    [thrown("EFBIG"), "its disk takes nothing: EFBIG: so", "look at the disk"],
    ["a word", "its disk takes nothing: a word", "look at the disk"],
  ];
  for (const [cause, fault, remedy] of rows) {
    const error = notKept("a version of fans", "/state/fans", cause);
    assert.ok(error instanceof BothyError && error.cause === cause);
    assert.equal(error.message, `a version of fans cannot be kept in /state/fans: ${fault}; ${remedy}`);
    assert.deepEqual([error.code, error.http, error.retry], ["NOT_KEPT", 507, true]);
  }
});
