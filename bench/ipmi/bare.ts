import { randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { type Millis, systemClock as clock } from "../../devices/clock.ts";
import type { Exchanger } from "../../plugins/ipmi/lan/exchange.ts";
import { openSession } from "../../plugins/ipmi/lan/handshake.ts";
import { encodeRequest } from "../../plugins/ipmi/lan/message.ts";
import { settingsOf } from "../../plugins/ipmi/lan/options.ts";
import type { Session } from "../../plugins/ipmi/lan/session.ts";
import type { Receiver } from "../../plugins/ipmi/lan/socket.ts";
import type { Account } from "./account.ts";

/** Sends ready datagrams and counts what comes back: nothing is made, checked or read while time is taken. */
export interface Bare {
  /** As many round trips as there are packets. @param window how many may be under way at once */
  run(packets: readonly Buffer[], window: number): Promise<Millis>;
  /** The datagrams of a sweep of sensors, in a session of its own: what they carry is as good as anybody's. */
  sweep(numbers: readonly number[]): readonly Buffer[];
  /** The simplest question there is, outside of any session. IPMI v2.0 §22.13. */
  plain(count: number): readonly Buffer[];
  close(): void;
}

/** Longer than any answer takes; then one was lost, and the round is worth nothing. */
const lost: Millis = 2000;

export async function openBare(port: number, { user, password }: Account): Promise<Bare> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  let receive: Receiver | undefined;
  let counted: () => void = () => undefined;
  socket.on("message", (packet) => {
    if (receive === undefined) counted();
    else receive(packet);
  });
  const send = (packet: Buffer): void => socket.send(packet, port, "127.0.0.1");
  const wire: Exchanger = {
    ...{ name: "bare", clock, signal: new AbortController().signal, send, tag: () => 0 },
    listen: (next) => (receive = next),
  };
  const { login } = settingsOf({ host: "127.0.0.1", port, user, password, suites: [3] });
  const session = await openSession({ wire, login, random: randomBytes, learnt: { mute15: false } });
  let sequence = 0;
  return {
    run: (packets, window) => roundTrips(packets, window, send, (run) => (counted = run)),
    sweep: (numbers) => numbers.map((number) => readingOf(session, number, (sequence = (sequence + 1) % 64))),
    plain: (count) => Array.from({ length: count }, () => capabilities),
    close: () => end(socket, session, send),
  };
}

function roundTrips(
  packets: readonly Buffer[],
  window: number,
  send: (packet: Buffer) => void,
  onAnswer: (run: () => void) => void,
): Promise<Millis> {
  return new Promise((resolve, reject) => {
    const begun = clock.monotonic();
    const cancel = clock.at(begun + lost, () => reject(new Error("an answer was lost")));
    let [sent, answered] = [0, 0];
    const next = (): void => {
      const packet = packets[sent];
      if (packet === undefined) return;
      sent++;
      send(packet);
    };
    onAnswer(() => {
      answered++;
      next();
      if (answered < packets.length) return;
      cancel();
      resolve(clock.monotonic() - begun);
    });
    for (let n = 0; n < window; n++) next();
  });
}

const readingOf = (session: Session, number: number, sequence: number): Buffer =>
  session.seal(encodeRequest({ netFn: 0x04, command: 0x2d, data: Buffer.of(number), sequence }));

/** Get Channel Authentication Capabilities, in the format of IPMI v1.5. */
const capabilities = Buffer.concat([
  Buffer.from("0600ff07" + "00" + "0000000000000000" + "09", "hex"),
  encodeRequest({ netFn: 0x06, command: 0x38, data: Buffer.of(0x8e, 0x04), sequence: 1 }),
]);

function end(socket: Socket, session: Session, send: (packet: Buffer) => void): void {
  const data = Buffer.alloc(4);
  data.writeUInt32LE(session.bmcId);
  send(session.seal(encodeRequest({ netFn: 0x06, command: 0x3c, data, sequence: 0 })));
  socket.close();
}
