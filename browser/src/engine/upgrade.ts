import { failure, subscribe } from "../emitter.js";
import { logOf } from "../log.js";
import type { Socket } from "./socket.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("engine.io-client:socket");

/**
 * Attempts to move a connection to a better transport while the current one carries on.
 *
 * The new transport sends `2probe`; after `3probe` the current one is paused, and when its last requests have returned
 * `5` hands the connection over. A failure at any point leaves the connection where it was.
 */
export function attemptUpgrade(engine: Socket, name: string): void {
  if (LOG) log('probing transport "%s"', name);
  const transport = engine.createTransport(name);
  let chosen = false;
  const detach = () => {
    for (const unsubscribe of subs.splice(0)) unsubscribe();
  };
  const abandon = () => {
    detach();
    transport.close();
  };
  const fail = (cause: string) => {
    if (LOG) log('probe transport "%s" failed%s', name, cause);
    abandon();
    if (chosen) {
      engine.upgrading = false;
      engine.transport.resume?.();
      engine.flush();
    }
    engine["emitReserved"]("upgradeError", failure("probe error" + cause, { transport: transport.name }));
  };
  const handOver = () => {
    // It may have failed meanwhile.
    if (!subs.length) return;
    if (LOG) log("changing transport and sending upgrade packet");
    detach();
    engine.setTransport(transport);
    transport.send([{ type: "upgrade" }]);
    engine["emitReserved"]("upgrade", transport);
    engine.upgrading = false;
    engine.flush();
  };
  const subs = [
    subscribe(transport, "open", () => transport.send([{ type: "ping", data: "probe" }])),
    subscribe(transport, "packet", ({ type, data }) => {
      if (type !== "pong" || data !== "probe") return fail("");
      if (engine.upgrading) return;
      chosen = engine.upgrading = true;
      engine["emitReserved"]("upgrading", transport);
      (engine.constructor as typeof Socket).priorWebsocketSuccess = transport.name === "websocket";
      engine.transport.pause(() => {
        // `2probe` may still be on its way back: what follows it must not overtake `5`.
        if (transport.writable) handOver();
        else transport.once("drain", handOver);
      });
    }),
    subscribe(transport, "error", (error) => fail(": " + error)),
    subscribe(transport, "close", () => fail(": transport closed")),
    subscribe(engine, "close", () => fail(": socket closed")),
    subscribe(engine, "leave", abandon),
    subscribe(engine, "upgrading", (to) => to !== transport && abandon()),
  ];
  transport.open();
}
