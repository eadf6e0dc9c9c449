import { Readable } from "node:stream";
import { Polling } from "../engine/polling.js";
import { Streaming } from "../engine/streaming.js";
import type { Answer } from "../engine/xhr.js";
import { start } from "./request.js";

/** HTTP long-polling by the modules of Node.js: with its agents, certificates and cookies. */
export class NodePolling extends Polling {
  protected override fetch(uri: string, { method, body, headers, signal }: RequestInit): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = start(uri, this.opts, {
        method,
        headers: {
          Accept: "*/*",
          ...(headers as Record<string, string>),
          ...(body ? { "Content-Length": Buffer.byteLength(body as string) } : {}),
        },
        signal: signal!,
      });
      sent.on("error", reject);
      sent.on("response", (response) => {
        const status = response.statusCode!;
        resolve({
          status,
          redirected: status >= 300 && status < 400,
          get body() {
            return Readable.toWeb(response) as Answer["body"];
          },
          text: async () => {
            const chunks: Buffer[] = [];
            for await (const chunk of response) chunks.push(chunk);
            return Buffer.concat(chunks).toString();
          },
        });
      });
      sent.end(body as string);
    });
  }
}

/** Streaming by the modules of Node.js. */
export class NodeStreaming extends Streaming {
  protected override fetch(uri: string, request: RequestInit): Promise<Answer> {
    return NodePolling.prototype["fetch"].call(this as unknown as NodePolling, uri, request);
  }
}
