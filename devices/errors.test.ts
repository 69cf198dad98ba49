import assert from "node:assert/strict";
import { test } from "node:test";
import { asBothyError, BothyError, type ErrorCode, errorTable } from "./errors.ts";

test("an error's text has its parameters filled in, and keeps code, parameters and cause", () => {
  const cause = new Error("below");
  const error = new BothyError("NO_ANSWER", { source: "unit 3", timeout: 200 }, { cause });
  assert.equal(error.message, "unit 3 did not answer within 200 ms");
  assert.deepEqual([error.name, error.code, error.http, error.retry], ["BothyError", "NO_ANSWER", 504, true]);
  assert.equal(error.params["timeout"], 200);
  assert.equal(error.cause, cause);
});

test("a parameter may be anything, and a missing one shows its name", () => {
  const odd = new BothyError("BAD_INPUT", { source: "$& {fault}", fault: "$1" });
  assert.equal(odd.message, "$& {fault}: $1");
  assert.equal(new BothyError("BAD_INPUT", { source: "x" }).message, "x: {fault}");
  assert.equal(new BothyError("BAD_INPUT", { source: "x", fault: 0 }).message, "x: 0");
});

test("every entry names its place and has a status that fits", () => {
  const codes = Object.keys(errorTable) as ErrorCode[];
  assert.ok(codes.length > 30);
  for (const code of codes) {
    const { http, text } = errorTable[code];
    assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.match(text, /\{source\}/, code);
    assert.doesNotMatch(text, /modbus|ipmi|snmp|\.$/i, code);
    assert.ok([400, 401, 403, 404, 405, 409, 429, 500, 502, 503, 504, 507].includes(http), code);
  }
});

test("whatever was thrown becomes an error of the table", () => {
  const own = new BothyError("BUSY", { source: "unit 3", fault: "6" });
  assert.equal(asBothyError(own, "elsewhere"), own);
  const foreign = new TypeError("no such property");
  const wrapped = asBothyError(foreign, "decoder");
  assert.deepEqual([wrapped.code, wrapped.message], ["INTERNAL", "decoder: unexpected: no such property"]);
  assert.equal(wrapped.cause, foreign);
  assert.equal(asBothyError("text", "decoder").message, "decoder: unexpected: text");
});
