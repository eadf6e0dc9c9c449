import assert from "node:assert/strict";
import { Stream } from "./stream.mjs";

/** Talks on a session that begins on streaming: each packet has to come before the next is asked for. */
export async function talk(base) {
  const stream = await Stream.open(base);
  await stream.post("40");
  assert.match(await stream.packet(), /^40\{"sid":/);
  for (let i = 0; i < 20; i += 1) {
    assert.deepEqual(await stream.post(`42${i}["ack one","${i}"]`), { status: 200, text: "ok" });
    assert.equal(await stream.packet(), `43${i}["${i}"]`);
  }
  await stream.post('451-["blob",{"_placeholder":true,"num":0}]\x1ebAQID');
  assert.equal(await stream.packet(), '451-["blob",{"_placeholder":true,"num":0}]');
  assert.deepEqual(await stream.packet(), Uint8Array.of(1, 2, 3));
  await stream.cancel();
}

/** The order of many events, and that none is missing. */
export async function flood(base, count) {
  const stream = await Stream.open(base);
  await stream.post("40");
  await stream.packet();
  await stream.post(`42["flood",${count}]`);
  for (let i = 0; i < count; i += 1) assert.equal(await stream.packet(), `42["number",${i}]`);
  await stream.cancel();
}
