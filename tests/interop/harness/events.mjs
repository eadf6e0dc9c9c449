import { setTimeout as sleep } from "node:timers/promises";

export const LIMIT = 5_000;

/** The arguments of the next `name` that `emitter` sees, within LIMIT. */
export function next(emitter, name, within = LIMIT) {
  return new Promise((resolve, reject) => {
    const listener = (...args) => {
      clearTimeout(timer);
      resolve(args);
    };
    const timer = setTimeout(() => {
      emitter.off(name, listener);
      reject(new Error(`no "${name}" within ${within} ms`));
    }, within);
    emitter.once(name, listener);
  });
}

/** Collects the first argument of every `name`; `until(n)` awaits the nth. */
export function collect(emitter, name) {
  const values = [];
  let wake = () => {};
  emitter.on(name, (...args) => {
    values.push(args.length > 1 ? args : args[0]);
    wake();
  });
  return {
    values,
    async until(count, within = LIMIT) {
      const deadline = Date.now() + within;
      while (values.length < count) {
        const left = deadline - Date.now();
        if (left <= 0) throw new Error(`${values.length} of ${count} "${name}" within ${within} ms`);
        await Promise.race([new Promise((resolve) => (wake = resolve)), sleep(left, undefined, { ref: false })]);
      }
      return values;
    },
  };
}

/** Binary as the client hands it on (Buffer, ArrayBuffer or view) as a Buffer, to compare. */
export function bytes(data) {
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  throw new TypeError(`not binary: ${JSON.stringify(data)}`);
}

/** Everything the server sent this socket so far has arrived when the ack has. */
export async function settle(...sockets) {
  for (const socket of sockets) await socket.timeout(LIMIT).emitWithAck("ack one", "settle");
}
