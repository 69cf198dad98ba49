const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  return crc;
});

/**
 * CRC-16 of `bytes[from, to)`: Modbus over serial line V1.02 §6.2.2 (polynomial 0xA001 reflected, start 0xFFFF).
 * On the wire the low byte comes first.
 */
export function crc16(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffff;
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0);
  return crc;
}

/** Whether the last two of `bytes[from, to)` are the checksum of those before. */
export const crcFits = (bytes: Uint8Array, from: number, to: number): boolean =>
  crc16(bytes, from, to - 2) === (bytes[to - 2] ?? 0) + (bytes[to - 1] ?? 0) * 256;
