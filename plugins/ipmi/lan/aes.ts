import { type Cipher, createCipheriv, createDecipheriv, type Decipher, type KeyObject } from "node:crypto";

export const blockLength = 16;
const noVector = Buffer.alloc(blockLength);

/**
 * AES-CBC-128 with one key for many short messages, each with a vector of its own. Goes on with the same two ciphers
 * instead of making new ones, which would take longer than using them: in CBC the block before is the vector of the next.
 */
export class Aes {
  readonly #key: KeyObject;
  #cipher: Cipher | undefined;
  #decipher: Decipher | undefined;
  /** The last block that was encrypted. */
  #last: Buffer = noVector;

  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** @param plain whole blocks, at least one; is written to */
  encrypt(plain: Buffer, iv: Buffer): Buffer {
    const cipher = (this.#cipher ??= createCipheriv("aes-128-cbc", this.#key, noVector).setAutoPadding(
      false,
    ));
    // The cipher adds its last block to the first one: taken out here, with the wanted vector in its place.
    for (let n = 0; n < blockLength; n++) {
      plain[n] = (plain[n] ?? 0) ^ (iv[n] ?? 0) ^ (this.#last[n] ?? 0);
    }
    const encrypted = cipher.update(plain);
    this.#last = encrypted.subarray(encrypted.length - blockLength);
    return encrypted;
  }

  /** @param message vector and encrypted blocks: whole blocks, at least two */
  decrypt(message: Buffer): Buffer {
    const decipher = (this.#decipher ??= createDecipheriv("aes-128-cbc", this.#key, noVector).setAutoPadding(
      false,
    ));
    // The vector goes through as if it were a block of its own, and comes out as nothing in particular.
    return decipher.update(message).subarray(blockLength);
  }
}
