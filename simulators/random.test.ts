import assert from "node:assert/strict";
import { test } from "node:test";
import { createStream, normal, uniform } from "./physics/random.ts";
import { createRandom } from "./random.ts";

test("a seed and a name give the same numbers for ever: shipped weather is made of them", () => {
  const random = createRandom(42, "inlet");
  assert.equal(random.next(), 0.07473938423208892);
  assert.equal(random.integer(1000), 450);
  assert.equal(random.normal(), 0.7011650182713492);
  assert.equal(createRandom(-3).next(), 0.7408412238582969);
});

test("a generator and a stream of the same seed and name give the same numbers", () => {
  const random = createRandom(7, "wind");
  const stream = createStream(7, "wind");
  for (let i = 0; i < 100; i++) {
    assert.equal(random.next(), uniform(stream));
    assert.equal(random.normal(), normal(stream));
  }
  assert.notEqual(createRandom(7, "sun").next(), createRandom(7, "wind").next());
});
