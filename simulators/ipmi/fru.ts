import { checksum } from "./lan/message.ts";
import type { FruModel } from "./model.ts";

const noMore = 0xc1;
const english = 25;
/** Minutes of a board's date count from 1996-01-01. FRU Information Storage Definition v1.0 §11. */
const epoch = Date.UTC(1996, 0, 1);

/** Text of 8 bits a character. One character alone would read as the end of the list. */
function field(text: string): readonly number[] {
  if (text === "") return [0xc0];
  const bytes = Buffer.from(text.length === 1 ? `${text} ` : text, "latin1");
  return [0xc0 | bytes.length, ...bytes];
}

function area(head: readonly number[], texts: readonly string[]): Buffer {
  const body = [0x01, 0, ...head, ...texts.flatMap(field), noMore];
  const length = Math.ceil((body.length + 1) / 8) * 8;
  const bytes = Buffer.alloc(length);
  bytes.set(body);
  bytes[1] = length / 8;
  bytes[length - 1] = checksum(bytes);
  return bytes;
}

function chassisArea({ type, part, serial, custom = [] }: NonNullable<FruModel["chassis"]>): Buffer {
  return area([type], [part, serial, ...custom]);
}

function boardArea(board: NonNullable<FruModel["board"]>): Buffer {
  const minutes = Math.round((board.made - epoch) / 60_000);
  const date = [minutes & 0xff, (minutes >> 8) & 0xff, (minutes >> 16) & 0xff];
  const { maker, product, serial, part, custom = [] } = board;
  return area([english, ...date], [maker, product, serial, part, "", ...custom]);
}

function productArea(product: NonNullable<FruModel["product"]>): Buffer {
  const { maker, name, part, version, serial, asset, custom = [] } = product;
  return area([english], [maker, name, part, version, serial, asset, "", ...custom]);
}

/** What a supply says of itself. FRU Information Storage Definition v1.0 §18.1. */
function supplyRecord({ watts, lowVolts, highVolts }: NonNullable<FruModel["supply"]>): Buffer {
  const data = Buffer.alloc(24);
  data.writeUInt16LE(watts, 0);
  data.writeUInt16LE(0x0fff & watts, 2); // peak apparent power
  data[4] = 30; // inrush, A
  data[5] = 10; // and how long, ms
  data.writeUInt16LE(lowVolts * 100, 6);
  data.writeUInt16LE(highVolts * 100, 8);
  data[14] = 47; // Hz
  data[15] = 63;
  data[16] = 12; // ms it lasts without input
  data[17] = 0x0a; // autoswitch, hot swap
  data.writeUInt16LE(watts, 18);
  const head = Buffer.from([0x00, 0x82, data.length, checksum(data), 0]);
  head[4] = checksum(head);
  return Buffer.concat([head, data]);
}

/** The contents of an inventory device, areas and common header with their check sums. */
export function fruImage(model: FruModel): Buffer {
  const image = Buffer.alloc(model.size);
  const header = Buffer.alloc(8);
  header[0] = 0x01;
  let at = 8;
  const place = (slot: number, bytes: Buffer | undefined): void => {
    if (bytes === undefined) return;
    header[slot] = at / 8;
    image.set(bytes, at);
    at += Math.ceil(bytes.length / 8) * 8;
  };
  place(2, model.chassis && chassisArea(model.chassis));
  place(3, model.board && boardArea(model.board));
  place(4, model.product && productArea(model.product));
  place(5, model.supply && supplyRecord(model.supply));
  header[7] = checksum(header);
  image.set(header);
  return image;
}
