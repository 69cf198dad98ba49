import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fullTag, generatedTags, matchesGroups, parseTag, tagText } from "./tag.ts";

test("a tag is a label, with an annotation and a namespace if it has them", () => {
  assert.deepEqual(parseTag("led"), { namespace: "default", annotation: "", label: "led" });
  assert.deepEqual(parseTag("rack:r1"), { namespace: "default", annotation: "rack", label: "r1" });
  assert.deepEqual(parseTag("site/hut-17"), { namespace: "site", annotation: "", label: "hut-17" });
  assert.deepEqual(parseTag("system/type:fan"), { namespace: "system", annotation: "type", label: "fan" });
  assert.deepEqual(parseTag("  x,y  ", "mine"), { namespace: "mine", annotation: "", label: "x,y" });
});

test("what is no tag is refused", () => {
  const texts = [
    "",
    " ",
    "a//b",
    "a::b",
    "a/b:",
    ":",
    "/",
    "a/:b",
    "a/b:c:d",
    "a:b/c",
    "a b",
    "a/b c",
    "a/",
    ":b",
    "a/b/c",
    "a:b:c",
  ];
  for (const text of texts) assert.equal(parseTag(text), undefined, JSON.stringify(text));
});

test("any tag survives being written and read", () => {
  const part = fc.stringMatching(/^[^:/\s]+$/u);
  fc.assert(
    fc.property(part, fc.oneof(fc.constant(""), part), part, (namespace, annotation, label) => {
      const tag = { namespace, annotation, label };
      assert.deepEqual(parseTag(tagText(tag)), tag);
      assert.equal(fullTag(tagText(tag)), tagText(tag));
    }),
  );
});

test("any text is a tag or is not, without harm", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const tag = parseTag(text);
      if (tag === undefined) assert.equal(fullTag(text), text);
      else assert.deepEqual(parseTag(tagText(tag)), tag);
    }),
  );
});

test("a tag without a namespace is in the default one", () => {
  assert.equal(fullTag("rack:r1"), "default/rack:r1");
  assert.equal(fullTag("rack:r1", "site"), "site/rack:r1");
  assert.equal(fullTag("a/b"), "a/b");
});

test("every device has an id tag and a type tag", () => {
  assert.deepEqual(generatedTags("1-2", "fan"), ["system/id:1-2", "system/type:fan"]);
});

test("within a group all tags are needed, of groups one is enough; case matters", () => {
  const tags = ["default/a", "default/rack:r1", "system/type:fan"];
  assert.ok(matchesGroups(tags, []));
  assert.ok(matchesGroups(tags, [["default/a", "system/type:fan"]]));
  assert.ok(!matchesGroups(tags, [["default/a", "default/b"]]));
  assert.ok(matchesGroups(tags, [["default/b"], ["default/rack:r1"]]));
  assert.ok(!matchesGroups(tags, [["default/A"], ["type:fan"], ["default/a", ""]]));
});
