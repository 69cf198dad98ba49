import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { socketEvents } from "../../server/websocket/events.ts";
import { memberText, readMessage } from "../../server/websocket/message.ts";
import { openSocket, portOf, socketsOf, until } from "../support/sockets.ts";
import { speed, type TableDevice } from "../support/table-plugin.ts";
import { tableSite } from "../support/table-site.ts";

const devices: readonly TableDevice[] = [
  { alias: "fan-1", type: "fan", outputs: [["rpm"], ["duty"]], actions: [speed], tags: ["rack:r1"] },
  { alias: "probe", type: "temperature", outputs: [["temperature"]] },
];
const values = { "fan-1/rpm": 4200, "fan-1/duty": 40, "probe/temperature": 21 };

/** JSON with spaces, keys and numbers that need care; with what its members are. */
const spaced = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('"id"', '"\\u0069d"', '"__proto__"', '"i\\"d"', '""'),
        fc.json({ maxDepth: 0 }).map((text) => JSON.stringify(text)),
      ),
      fc.oneof(
        fc.json(),
        fc.constantFrom("18446744073709551615", "1.0", "-0", '"}"', '"\\\\"', "[ { } , [ ] ]"),
      ),
      fc.constantFrom("", " ", "\n\t", "\r\n"),
    ),
    { maxLength: 6 },
  )
  .map((members) => ({
    members,
    text: `{${members.map(([key, value, space]) => `${space}${key}${space}:${space}${value}${space}`).join(",")}}`,
  }));

test("the text of a member is found in every object", () => {
  fc.assert(
    fc.property(spaced, ({ members, text }) => {
      const wanted = members.filter(([key]) => JSON.parse(key) === "id").at(-1)?.[1];
      assert.equal(memberText(text, "id"), wanted);
    }),
    { numRuns: 2000 },
  );
});

test("every message is a request, or it is said why not", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        spaced.map(({ text }) => text),
      ),
      (text) => {
        const read = readMessage(text);
        assert.doesNotThrow(() => JSON.parse(read.id) as unknown);
        if ("fault" in read) assert.equal(read.fault.status, 400);
        else assert.equal(typeof read.event, "string");
      },
    ),
    { numRuns: 2000 },
  );
});

const name = fc.oneof(
  fc.constantFrom("fan-1", "probe", "none", "default/rack:r1", "**", "x/**", "speed", "2031-05-06T07:08:09Z"),
  fc.string({ maxLength: 10 }),
);
const data = fc.oneof(
  fc.record(
    {
      ...Object.fromEntries(
        ["device", "plugin", "transaction", "ns", "sort", "start", "end", "ids", "tags", "tag_groups"].map(
          (key) => [
            key,
            fc.oneof(
              name,
              fc.array(name, { maxLength: 3 }),
              fc.array(fc.array(name, { maxLength: 2 }), { maxLength: 2 }),
              fc.jsonValue(),
            ),
          ],
        ),
      ),
      stop: fc.oneof(fc.boolean(), fc.jsonValue()),
      force: fc.jsonValue(),
      payload: fc.oneof(
        fc.record({
          action: name,
          data: fc.oneof(name, fc.jsonValue()),
          transaction: fc.oneof(name, fc.constant(null)),
        }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const message = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record(
        {
          id: fc.oneof(fc.integer(), fc.jsonValue()),
          event: fc.oneof(fc.constantFrom(...Object.keys(socketEvents)), fc.string()),
          data,
        },
        { requiredKeys: [] },
      )
      .map((fields) => JSON.stringify(fields)),
  },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.json() },
);

test(
  "whatever is asked is answered, never with a 500, and the socket goes on",
  { timeout: 120_000 },
  async (t) => {
    const { site, clock } = await tableSite(t, devices, values);
    // Time passes here without anything being read.
    const http = await socketsOf(t, site, { limits: { ping: Infinity } });
    const client = await openSocket(t, http);
    let last = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), async (messages) => {
        for (const one of messages) client.send(one);
        const end = `end-${last++}`;
        client.send({ id: "stop everything", event: "request/read_stream", data: { stop: true } });
        client.send({ id: end, event: "request/status" });
        await until(() => client.unread() > 0);
        await clock.advance(40_000);
        for (;;) {
          const { id, event, data, text } = await client.next();
          if (event === "response/error")
            assert.notEqual((data as { http_code: number }).http_code, 500, text);
          if (id === end) break;
        }
        assert.equal(client.socket.readyState, client.socket.OPEN);
      }),
      { numRuns: 150 },
    );
    assert.equal(client.unread(), 0);
    assert.deepEqual(http.sockets.counts(), { sockets: 1, requests: 0, streams: 0, readings: 0 });
  },
);

const opening =
  "GET /v3/connect HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
  "sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
const frame = fc
  .tuple(
    fc.constantFrom(0x81, 0x82, 0x01, 0x00, 0x80, 0x88, 0x89, 0x8a, 0x83, 0xf1),
    fc.string({ maxLength: 60 }),
    fc.nat({ max: 127 }),
    fc.boolean(),
  )
  .map(([first, text, length, right]) => {
    const body = Buffer.from(text);
    return Buffer.concat([
      Buffer.from([first, 0x80 | (right ? Math.min(body.length, 125) : length), 0, 0, 0, 0]),
      body,
    ]);
  });
const bytes = fc.oneof(
  fc.array(frame, { maxLength: 5 }).map((frames) => Buffer.concat(frames)),
  fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some)),
);
const request = fc.oneof(
  { weight: 4, arbitrary: fc.constant(opening) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat({ max: opening.length - 5 }), fc.string({ maxLength: 6 }))
      .map(([at, text]) => opening.slice(0, at) + text + opening.slice(at + text.length)),
  },
);

test("bytes that are no frames hurt nobody, and leave nothing behind", { timeout: 120_000 }, async (t) => {
  const { http, site, clock } = await tableSite(t, devices, values);
  const other = await openSocket(t, http);
  await fc.assert(
    fc.asyncProperty(request, bytes, fc.boolean(), async (begin, rest, cut) => {
      const socket = connect(portOf(http), "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      const closed = once(socket, "close");
      if (cut) socket.write(Buffer.concat([Buffer.from(begin), rest]), () => socket.destroy());
      else socket.end(Buffer.concat([Buffer.from(begin), rest]));
      await closed;
      assert.equal((await other.ask("request/status")).event, "response/status");
    }),
    { numRuns: 200 },
  );
  await until(() => http.sockets.counts().sockets === 1);
  assert.equal(site.synse.streams.size, 0);
  await clock.advance(60_000);
  assert.deepEqual(http.sockets.counts(), { sockets: 1, requests: 0, streams: 0, readings: 0 });
});
