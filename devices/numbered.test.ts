import assert from "node:assert/strict";
import { test } from "node:test";
import { numbered } from "./numbered.ts";

test("one is one, and everything else is several", () => {
  assert.deepEqual(
    [numbered(1, "fault"), numbered(0, "fault"), numbered(2, "bus", "buses"), numbered(1, "bus", "buses")],
    ["1 fault", "0 faults", "2 buses", "1 bus"],
  );
});
