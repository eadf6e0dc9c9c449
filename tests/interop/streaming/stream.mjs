// A client of the streaming transport by fetch alone: one answer is read as it comes, what it sends goes in POSTs.
export class Stream {
  #packets = [];
  #reader;
  #rest = new Uint8Array(0);

  constructor(url, answer) {
    this.url = url;
    this.headers = answer.headers;
    this.#reader = answer.body.getReader();
  }

  static async get(base, sid) {
    const url = `${base}/socket.io/?EIO=4&transport=streaming`;
    const answer = await fetch(sid ? `${url}&sid=${sid}` : url);
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return new Stream(sid ? `${url}&sid=${sid}` : url, answer);
  }

  /** A session that begins on streaming. */
  static async open(base) {
    const stream = await Stream.get(base);
    const packet = await stream.next();
    stream.handshake = JSON.parse(packet.slice(1));
    stream.url += `&sid=${stream.handshake.sid}`;
    return stream;
  }

  /** The next packet: a string, bytes, or undefined at the end. */
  async next() {
    while (this.#packets.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return undefined;
      const bytes = new Uint8Array(this.#rest.length + value.length);
      bytes.set(this.#rest);
      bytes.set(value, this.#rest.length);
      this.#rest = this.#unframe(bytes);
    }
    return this.#packets.shift();
  }

  #unframe(bytes) {
    const view = new DataView(bytes.buffer);
    for (let at = 0; ; ) {
      const first = bytes[at];
      let length = first & 127;
      const header = length === 127 ? 9 : length === 126 ? 3 : 1;
      if (at + header > bytes.length) return bytes.slice(at);
      if (header === 3) length = view.getUint16(at + 1);
      if (header === 9) length = Number(view.getBigUint64(at + 1));
      const end = at + header + length;
      if (end > bytes.length) return bytes.slice(at);
      const payload = bytes.slice(at + header, end);
      this.#packets.push(first & 128 ? payload : new TextDecoder().decode(payload));
      at = end;
    }
  }

  async post(body) {
    const answer = await fetch(this.url, { method: "POST", headers: { "content-type": "text/plain" }, body });
    return { status: answer.status, text: await answer.text() };
  }

  /** The next packet that is no ping; pings are answered. */
  async packet() {
    for (;;) {
      const packet = await this.next();
      if (packet !== "2") return packet;
      await this.post("3");
    }
  }

  cancel() {
    return this.#reader.cancel();
  }
}
