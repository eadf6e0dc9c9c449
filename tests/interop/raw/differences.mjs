// Where Sockeye answers otherwise than the reference on the wire, on purpose: table, row, outcome and reason.
const ALIVE = '43999["alive"]';
const CLOSED = ["closed 1005"];

const VALUE = "what a handler sees is its own type's business: here serde_json::Value, which keeps numbers as they are written";
const UNREADABLE = "not representable in the handler's type: the handler is not called and the error is counted, the connection stays";

const NO_NOOP = "the close packet comes without a noop before it";

export const differences = {
  handshake: {
    "E15 X-XSS-Protection for old Internet Explorer": {
      sockeye: undefined,
      reason: "a header for browsers that are no longer there",
    },
    "upgrade with transport=polling": {
      sockeye: "closed 1006",
      reason: "refused with an error code before the 101, not closed after it",
    },
    "W9 a frame in the same bytes as the upgrade request": {
      sockeye: [true, true, true],
      reason: "the frame is read; the reference loses it, as its engine listens one turn later",
    },
  },
  packets: {
    "S4 fractional placeholder": { sockeye: CLOSED, reason: "an index is a whole number; the reference delivers null" },
    "S5 an id past 2^53": { sockeye: CLOSED, reason: "an id that JavaScript cannot hold exactly would answer another ack" },
    "S5 thirty digits": { sockeye: CLOSED, reason: "an id that JavaScript cannot hold exactly would answer another ack" },
    "S9 1.0": { sockeye: ['42["message",1.0]', ALIVE], reason: VALUE },
    "S9 -0": { sockeye: ['42["message",-0.0]', ALIVE], reason: VALUE },
    "S9 2^53 + 1": { sockeye: ['42["message",9007199254740993]', ALIVE], reason: VALUE },
    "S9 the order of keys": { sockeye: ['42["message",{"a":2,"z":1}]', ALIVE], reason: "serde_json::Value sorts its keys" },
    "S9 1e400": { sockeye: [ALIVE], reason: UNREADABLE },
    "S9 a lone surrogate": { sockeye: [ALIVE], reason: UNREADABLE },
    "JSON 500 deep": { sockeye: CLOSED, reason: "JSON is read 128 levels deep, so that no peer decides about the stack" },
  },
  polling: {
    "E3 packets before a bad one, and after": {
      sockeye: ["200 ok", '200 42["heard","before"]', "closed"],
      reason: "handlers of the packets before the bad one run; the reference dispatches a tick later and drops them",
    },
    "E8 message without content": { sockeye: ["200 ok", "200 1"], reason: NO_NOOP },
    "P8 closed by the server with a GET pending": { sockeye: ["200 41", "200 1", "closed"], reason: NO_NOOP },
    "P8 closed by the server with none pending waits for the next": {
      sockeye: ["200 41", "200 1", "closed"],
      reason: NO_NOOP,
    },
  },
  upgrade: {
    "4 with a GET pending, it is ended and nothing is lost": {
      sockeye: ["200 6", '42["message","after"]'],
      reason: "ended by a noop, as in step 2: a close packet would tell the client to stop",
    },
  },
};
