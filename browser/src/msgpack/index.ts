import { Decoder } from "./decoder.js";
import { Encoder } from "./encoder.js";

/** The `parser` option for servers that use `socket.io-msgpack-parser`. */
export const parser = { Encoder, Decoder };
