import { failure, subscribe } from "../emitter.js";
import { logOf } from "../log.js";
import type { Packet } from "./packet.js";
import type { Socket } from "./socket.js";
import type { Transport } from "./transport.js";

declare const LOG: boolean;
const log = /* @__PURE__ */ logOf("engine.io-client:socket");

/**
 * The attempt to move a connection to a better transport while the current one carries on.
 *
 * The new transport sends `2probe`; after `3probe` the current one is paused, and when its last requests have returned
 * `5` hands the connection over. A failure at any point leaves the connection where it was.
 */
export class Upgrade {
  private readonly engine: Socket;
  private readonly transport: Transport;
  private readonly subs: (() => void)[];
  private chosen = false;

  constructor(engine: Socket, name: string) {
    const transport = (this.transport = engine.createTransport(name));
    if (LOG) log('probing transport "%s"', name);
    this.engine = engine;
    this.subs = [
      subscribe(transport, "open", () => transport.send([{ type: "ping", data: "probe" }])),
      subscribe(transport, "packet", (packet) => this.onReply(packet)),
      subscribe(transport, "error", (error) => this.fail(": " + error)),
      subscribe(transport, "close", () => this.fail(": transport closed")),
      subscribe(engine, "close", () => this.fail(": socket closed")),
      subscribe(engine, "upgrading", (to) => to !== transport && this.abandon()),
    ];
    transport.open();
  }

  private onReply({ type, data }: Packet): void {
    const { engine, transport } = this;
    if (type !== "pong" || data !== "probe") return this.fail("");
    if (engine.upgrading) return;
    this.chosen = engine.upgrading = true;
    engine["emitReserved"]("upgrading", transport);
    (engine.constructor as typeof Socket).priorWebsocketSuccess = transport.name === "websocket";
    engine.transport.pause(() => {
      // It may have failed meanwhile.
      if (!this.subs.length) return;
      if (LOG) log("changing transport and sending upgrade packet");
      this.detach();
      engine.setTransport(transport);
      transport.send([{ type: "upgrade" }]);
      engine["emitReserved"]("upgrade", transport);
      engine.upgrading = false;
      engine.flush();
    });
  }

  private fail(cause: string): void {
    const { engine, transport } = this;
    if (LOG) log('probe transport "%s" failed%s', transport.name, cause);
    this.abandon();
    if (this.chosen) {
      engine.upgrading = false;
      engine.transport.resume?.();
      engine.flush();
    }
    engine["emitReserved"]("upgradeError", failure("probe error" + cause, { transport: transport.name }));
  }

  private abandon(): void {
    this.detach();
    this.transport.close();
  }

  private detach(): void {
    for (const unsubscribe of this.subs.splice(0)) unsubscribe();
  }
}
