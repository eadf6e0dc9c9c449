// Socket.IO packets as seen at the connection: is it closed, and what is the answer?
import { after, before, describe } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "./probe.mjs";
import { ServerProcess } from "../harness/server.mjs";
import { Wire } from "./wire.mjs";

const ALIVE = '43999["alive"]';
const CLOSED = ["closed 1005"];

let server;
before(async () => (server = await ServerProcess.start()));
after(() => server.stop());

const probe = table("packets");
const masked = (text) => text.replace(/"sid":"[A-Za-z0-9_-]{20}"/, '"sid":"*"');

/** What a connection hears of these packets, up to an answer that shows it alive, or to its end. */
async function heard(wire, packets) {
  wire.send(...packets, '42999["ack one","alive"]');
  const items = (await wire.until(ALIVE)).map(masked);
  wire.end();
  return items;
}

/** The same, each packet after the one before was dealt with. */
async function slowly(wire, packets) {
  for (const packet of packets) {
    wire.send(packet);
    await sleep(30);
  }
  return heard(wire, []);
}

/** On a connection that joined `/`. */
const joined = (row, packets, expected) => probe(row, async () => heard(await Wire.joined(server), packets), expected);
/** On a connection that joined nothing; the closing question joins `/` first. */
const fresh = (row, packets, expected) => probe(row, async () => slowly(await Wire.ready(server), [...packets, "40"]), expected);

const JOINED = '40{"sid":"*"}';
const bin = (...bytes) => Buffer.from(bytes);

describe("raw packets", () => {
  fresh("CONNECT", [], [JOINED, ALIVE]);
  fresh("S1 a namespace without comma", ["40/custom"], ['40/custom,{"sid":"*"}', '42/custom,["hello","/custom"]', JOINED, ALIVE]);
  fresh("S1 a namespace with comma", ["40/custom,"], ['40/custom,{"sid":"*"}', '42/custom,["hello","/custom"]', JOINED, ALIVE]);
  probe("S1 the root by its name", async () => slowly(await Wire.ready(server), ["40/"]), [JOINED, ALIVE]);
  fresh("S1 a namespace has no query", ["40/custom?x=1,"], ['44/custom?x=1,{"message":"Invalid namespace"}', JOINED, ALIVE]);
  fresh("unknown namespace", ["40/unknown,"], ['44/unknown,{"message":"Invalid namespace"}', JOINED, ALIVE]);
  fresh("refused by auth", ['40/guarded,{"token":"no","name":"n"}'], ['44/guarded,{"message":"unauthorized","data":{"code":401,"name":"n"}}', JOINED, ALIVE]);
  fresh("S7 CONNECT with an object", ['40{"a":1}'], CLOSED_AFTER_SECOND(JOINED));
  for (const data of ["[]", '"s"', "null", "{", "true"]) fresh(`S7 CONNECT with ${data}`, [`40${data}`], CLOSED);
  fresh("S7 CONNECT with an ack id", ["401"], CLOSED_AFTER_SECOND(JOINED));
  fresh("the first packet must be CONNECT: event", ['42["message",1]'], CLOSED);
  fresh("the first packet must be CONNECT: ack", ['431["x"]'], CLOSED);
  fresh("the first packet must be CONNECT: disconnect", ["41"], CLOSED);
  joined("second CONNECT", ["40"], CLOSED);
  joined("EVENT for a namespace not joined", ['42/custom,["message",1]'], CLOSED);
  joined("ACK for a namespace not joined", ['43/custom,1["x"]'], CLOSED);
  joined("DISCONNECT for a namespace not joined", ["41/custom,"], CLOSED);
  probe("after DISCONNECT the connection stays and may join again", async () => slowly(await Wire.joined(server), ["41", "40"]), [JOINED, ALIVE]);
  probe("after DISCONNECT an event closes", async () => slowly(await Wire.joined(server), ["41", '42["message",1]']), CLOSED);
  probe("an event during auth closes", async () => heard(await Wire.ready(server), ['40/guarded,{"token":"slow","name":"n"}', '42/guarded,0["whoami"]']), CLOSED);

  joined("S2 one attachment", ['451-["blob",{"_placeholder":true,"num":0}]', bin(1, 2)], ['451-["blob",{"_placeholder":true,"num":0}]', "<0102>", ALIVE]);
  joined("S2 ten attachments", ['4510-["unheard",{"_placeholder":true,"num":9}]', ...Array.from({ length: 10 }, (_, n) => bin(n))], [ALIVE]);
  joined("S2 eleven attachments", ['4511-["unheard",{"_placeholder":true,"num":10}]'], CLOSED);
  joined("S2 no attachments", ['450-["unheard"]'], CLOSED);
  joined("S2 an attachment count that is huge", ['4551000000-["unheard"]'], CLOSED);
  joined("S2 an attachment count that is no number", ['45x-["unheard"]'], CLOSED);
  joined("S2 no attachment count", ['45["unheard"]'], CLOSED);
  joined("S2 an attachment count without dash", ['451["unheard",{"_placeholder":true,"num":0}]'], CLOSED);
  joined("S2 a negative attachment count", ['45-1-["unheard"]'], CLOSED);
  joined("S2 a fractional attachment count", ['451.5-["unheard"]'], CLOSED);
  joined("S3 text while attachments are awaited", ['451-["blob",{"_placeholder":true,"num":0}]', '42["message",1]'], CLOSED);
  joined("S3 binary without header", [bin(1)], CLOSED);
  joined("S3 one attachment too many", ['451-["unheard",{"_placeholder":true,"num":0}]', bin(1), bin(2)], CLOSED);
  joined("S4 placeholder out of range", ['451-["blob",{"_placeholder":true,"num":1}]', bin(1)], CLOSED);
  joined("S4 placeholder that is no number (CVE-2022-2421)", ['451-["blob",{"_placeholder":true,"num":"splice"}]', bin(1)], CLOSED);
  joined("S4 negative placeholder", ['451-["blob",{"_placeholder":true,"num":-1}]', bin(1)], CLOSED);
  joined("S4 fractional placeholder", ['451-["blob",{"_placeholder":true,"num":0.5}]', bin(1)], ['42["blob",null]', ALIVE]);
  joined("S4 placeholder without num", ['451-["blob",{"_placeholder":true}]', bin(1)], CLOSED);
  joined("S4 the same placeholder twice", ['451-["parcel",{"name":"p","parts":[{"n":1,"data":{"_placeholder":true,"num":0}},{"n":2,"data":{"_placeholder":true,"num":0}}]}]', bin(7)], [
    '452-["parcel",{"name":"p","parts":[{"n":2,"data":{"_placeholder":true,"num":0}},{"n":1,"data":{"_placeholder":true,"num":1}}]}]', "<07>", "<07>", ALIVE]);
  joined("S4 an attachment that nothing refers to", ['451-["message","x"]', bin(1)], ['42["message","x"]', ALIVE]);
  joined("S4 a placeholder in a plain event is data", ['42["message",{"_placeholder":true,"num":0}]'], ['42["message",{"_placeholder":true,"num":0}]', ALIVE]);
  joined("S11 an empty attachment", ['451-["blob",{"_placeholder":true,"num":0}]', bin()], ['451-["blob",{"_placeholder":true,"num":0}]', "<>", ALIVE]);
  joined("a binary ack", ['4517["unheard"]'], CLOSED);
  joined("binary with an ack", ['451-7["blob ack",{"_placeholder":true,"num":0}]', bin(5)], ['461-7[{"_placeholder":true,"num":0}]', "<05>", ALIVE]);

  joined("S5 ack id 0", ['420["ack one",1]'], ["430[1]", ALIVE]);
  joined("S5 a space is an ack id", ['42 ["ack one",1]'], ["430[1]", ALIVE]);
  joined("S5 leading zeros", ['42007["ack one",1]'], ["437[1]", ALIVE]);
  joined("S5 the largest exact id", ['429007199254740991["ack one",1]'], ["439007199254740991[1]", ALIVE]);
  joined("S5 an id past 2^53", ['429007199254740993["ack one",1]'], ["439007199254740992[1]", ALIVE]);
  joined("S5 thirty digits", [`42${"1".repeat(30)}["ack one",1]`], ["431.111111111111111e+29[1]", ALIVE]);
  joined("S5 an ack nobody asked for", ['4377["x"]'], [ALIVE]);

  joined("S6 an event name that is a number", ['42[1,"x"]'], [ALIVE]);
  joined("S6 no content", ["42"], [ALIVE]);
  joined("S6 an ack id alone", ["421"], [ALIVE]);
  for (const data of ["[]", "{}", '"x"', "[null]", "[true]", "[[]]", '[{"toString":"foo"}]', "null"]) {
    joined(`S6 EVENT with ${data}`, [`42${data}`], CLOSED);
  }
  for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
    joined(`S6 the reserved name ${name}`, [`42["${name}"]`], CLOSED);
  }
  for (const name of ["error", "connection", "", "constructor", "__proto__", "hasOwnProperty"]) {
    joined(`S6 the name "${name}" is legal`, [`42["${name}",1]`], [ALIVE]);
  }
  joined("S6 a binary event name", ['451-[{"_placeholder":true,"num":0}]', bin(1)], CLOSED);
  joined("S7 DISCONNECT with data", ["41{}"], CLOSED);
  joined("S7 ACK with an object", ["431{}"], CLOSED);
  joined("S7 ACK without data", ["431"], [ALIVE]);
  joined("S7 CONNECT_ERROR from a client", ['44{"message":"x"}'], CLOSED);
  joined("S7 CONNECT_ERROR with a string", ['44"x"'], CLOSED);
  for (const type of ["7", "9", "a", "-", " "]) joined(`S8 type "${type}"`, [`4${type}`], CLOSED);
  for (const json of ['["message",', '["message",1', '["message"] x', "['message']", '["message",1,]', "nul", '["message",01]', '["message","\t"]']) {
    joined(`S8 bad JSON ${JSON.stringify(json)}`, [`42${json}`], CLOSED);
  }

  const echo = (row, sent, back) => joined(row, [`42["message",${sent}]`], [`42["message",${back}]`, ALIVE]);
  echo("S9 the last of equal keys", '{"a":1,"a":2}', '{"a":2}');
  echo("S9 1.0", "1.0", "1");
  echo("S9 -0", "-0", "0");
  echo("S9 1e400", "1e400", "null");
  echo("S9 2^53 + 1", "9007199254740993", "9007199254740992");
  echo("S9 a lone surrogate", String.raw`"\ud800"`, String.raw`"\ud800"`);
  echo("S9 an escaped pair", String.raw`"\ud834\udd1e"`, '"𝄞"');
  echo("S9 __proto__", '{"__proto__":1}', '{"__proto__":1}');
  echo("S9 white space", ' { "a" : [ 1 , 2 ] } ', '{"a":[1,2]}');
  echo("S9 the order of keys", '{"z":1,"a":2}', '{"z":1,"a":2}');
  echo("JSON 100 deep", "[".repeat(100) + "]".repeat(100), "[".repeat(100) + "]".repeat(100));
  echo("JSON 500 deep", "[".repeat(500) + "]".repeat(500), "[".repeat(500) + "]".repeat(500));
});

/** `fresh` joins `/` after the packets; where they did so already, that second CONNECT closes. */
function CLOSED_AFTER_SECOND(first) {
  return [first, "closed 1005"];
}
