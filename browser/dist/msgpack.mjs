function call(target, callback, args) {
	try {
		callback.apply(target, args);
	} catch (error) {
		queueMicrotask(() => {
			throw error;
		});
	}
}

var Emitter = class {
	on(event, listener, options) {
		let signal = options?.signal;
		if (signal?.aborted) return this;
		let callback = listener;
		signal && (callback.fn || (callback = (...args) => listener.apply(this, args), callback.fn = listener), 
		signal.addEventListener("abort", () => this.off(event, callback)));
		let callbacks = this._callbacks = this._callbacks || {}, key = "$" + event;
		return (callbacks[key] = callbacks[key] || []).push(callback), this;
	}
	once(event, listener, options) {
		let callback = (...args) => {
			this.off(event, callback), listener.apply(this, args);
		};
		return callback.fn = listener, this.on(event, callback, options);
	}
	off(event, listener) {
		let callbacks = this._callbacks || {}, key = "$" + event, list = callbacks[key] || [], {length} = arguments;
		length || (this._callbacks = {});
		let index = list.findIndex(callback => listener && (callback === listener || callback.fn === listener));
		return index >= 0 && list.splice(index, 1), (length < 2 || !list.length) && delete callbacks[key], 
		this;
	}
	emit(event, ...args) {
		return this._fire("$" + event, args);
	}
	_fire(key, args) {
		let list = this._callbacks?.[key];
		if (list) for (let callback of list[1] ? list.slice() : [ list[0] ]) call(this, callback, args);
		return this;
	}
	listeners(event) {
		return this._callbacks?.["$" + event] || [];
	}
	hasListeners(event) {
		return !!this.listeners(event).length;
	}
}, methods = Emitter.prototype;

methods.emitReserved = methods.emit;

methods.addEventListener = methods.on;

methods.removeListener = methods.removeEventListener = methods.removeAllListeners = methods.off;

var PacketType = (PacketType2 => (PacketType2[PacketType2.CONNECT = 0] = "CONNECT", 
PacketType2[PacketType2.DISCONNECT = 1] = "DISCONNECT", PacketType2[PacketType2.EVENT = 2] = "EVENT", 
PacketType2[PacketType2.ACK = 3] = "ACK", PacketType2[PacketType2.CONNECT_ERROR = 4] = "CONNECT_ERROR", 
PacketType2[PacketType2.BINARY_EVENT = 5] = "BINARY_EVENT", PacketType2[PacketType2.BINARY_ACK = 6] = "BINARY_ACK", 
PacketType2))(PacketType || {}), RESERVED = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

function isReserved(event) {
	return RESERVED.test(event);
}

var Decoder = class extends Emitter {
	constructor() {
		super(...arguments);
		this.at = 0;
	}
	add(data) {
		let {buffer, byteOffset, byteLength} = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
		this.view = new DataView(buffer, byteOffset, byteLength), this.at = 0;
		let packet = this.value();
		if (this.at !== byteLength) throw new Error("trailing bytes");
		let {type, nsp, id, data: content} = packet || {};
		if (!(type in PacketType) || type > 4) throw new Error("invalid packet type");
		if (typeof nsp != "string") throw new Error("invalid namespace");
		if (!isValid(type, content)) throw new Error("invalid payload");
		if (id !== void 0 && !Number.isInteger(id)) throw new Error("invalid packet id");
		this.emitReserved("decoded", packet);
	}
	destroy() {}
	skip(size) {
		return this.at += size, this.at - size;
	}
	unsigned(width) {
		let {view} = this, at = this.skip(1 << width);
		return width === 0 ? view.getUint8(at) : width === 1 ? view.getUint16(at) : view.getUint32(at) * (width > 2 ? 2 ** 32 : 1) + (width > 2 ? view.getUint32(at + 4) : 0);
	}
	signed(width) {
		let {view} = this, at = this.skip(1 << width);
		return width === 0 ? view.getInt8(at) : width === 1 ? view.getInt16(at) : view.getInt32(at) * (width > 2 ? 2 ** 32 : 1) + (width > 2 ? view.getUint32(at + 4) : 0);
	}
	bytes(length) {
		return new Uint8Array(this.view.buffer, this.view.byteOffset + this.skip(length), length);
	}
	text(length) {
		return (new TextDecoder).decode(this.bytes(length));
	}
	list(length) {
		let items = [];
		for (;length--; ) items.push(this.value());
		return items;
	}
	map(length) {
		let entries = [];
		for (;length--; ) entries.push([ this.value(), this.value() ]);
		return Object.fromEntries(entries);
	}
	extension(length) {
		let type = this.signed(0);
		return !type && length === 1 ? void this.skip(1) : !type && length === 8 ? new Date(this.signed(3)) : [ type, this.bytes(length).slice().buffer ];
	}
	value() {
		let code = this.unsigned(0);
		if (code < 128) return code;
		if (code < 144) return this.map(code & 15);
		if (code < 160) return this.list(code & 15);
		if (code < 192) return this.text(code & 31);
		if (code > 223) return code - 256;
		if (code === 192) return null;
		if (code === 194 || code === 195) return code > 194;
		if (code >= 196 && code < 199) return this.bytes(this.unsigned(code - 196)).slice().buffer;
		if (code >= 199 && code < 202) return this.extension(this.unsigned(code - 199));
		if (code === 202) return this.view.getFloat32(this.skip(4));
		if (code === 203) return this.view.getFloat64(this.skip(8));
		if (code >= 204 && code < 208) return this.unsigned(code - 204);
		if (code >= 208 && code < 212) return this.signed(code - 208);
		if (code >= 212 && code < 217) return this.extension(1 << code - 212);
		if (code >= 217 && code < 220) return this.text(this.unsigned(code - 217));
		if (code === 220 || code === 221) return this.list(this.unsigned(code - 219));
		if (code === 222 || code === 223) return this.map(this.unsigned(code - 221));
		throw new Error("invalid code");
	}
};

function isValid(type, data) {
	let isObject = Object.prototype.toString.call(data) === "[object Object]";
	return type === 0 ? data === void 0 || isObject : type === 1 ? data === void 0 : type === 4 ? isObject || typeof data == "string" : Array.isArray(data) && (type === 3 || !isReserved(data[0]));
}

var utf8 = new TextEncoder, Encoder = class {
	constructor() {
		this.length = 0;
	}
	encode({type, nsp, id, data}) {
		return this.bytes = new Uint8Array(512), this.length = 0, this.add(present({
			type,
			nsp,
			data,
			id
		})), [ this.bytes.slice(0, this.length).buffer ];
	}
	put(...values) {
		this.append(values);
	}
	append(data) {
		let end = this.length + data.length;
		if (end > this.bytes.length) {
			let larger = new Uint8Array(end * 2);
			larger.set(this.bytes), this.bytes = larger;
		}
		this.bytes.set(data, this.length), this.length = end;
	}
	sized(code, value) {
		value < 256 ? this.put(code, value) : value < 65536 ? this.put(code + 1, value >> 8, value) : this.put(code + 2, value >>> 24, value >> 16, value >> 8, value);
	}
	wide(code, value) {
		let bytes = new DataView(new ArrayBuffer(8));
		bytes.setInt32(0, Math.floor(value / 2 ** 32)), bytes.setInt32(4, value >>> 0), 
		this.put(...code), this.append(new Uint8Array(bytes.buffer));
	}
	number(value) {
		if (Number.isSafeInteger(value)) value >= -32 && value < 128 ? this.put(value) : value >= 0 && value < 2 ** 32 ? this.sized(204, value) : value >= -128 && value < 0 ? this.put(208, value) : value >= -32768 && value < 0 ? this.put(209, value >> 8, value) : value >= -(2 ** 31) && value < 0 ? this.put(210, value >> 24, value >> 16, value >> 8, value) : this.wide([ value < 0 ? 211 : 207 ], value); else {
			this.put(203);
			let bytes = new DataView(new ArrayBuffer(8));
			bytes.setFloat64(0, value), this.append(new Uint8Array(bytes.buffer));
		}
	}
	add(value) {
		if (value === void 0) this.put(212, 0, 0); else if (value === null) this.put(192); else if (typeof value == "boolean") this.put(value ? 195 : 194); else if (typeof value == "number") this.number(value); else if (typeof value == "string") {
			let bytes = utf8.encode(value);
			bytes.length < 32 ? this.put(160 | bytes.length) : this.sized(217, bytes.length), 
			this.append(bytes);
		} else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
			let bytes = ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
			this.sized(196, bytes.length), this.append(bytes);
		} else if (Array.isArray(value)) {
			this.list(144, 220, value.length);
			for (let item of value) this.add(item);
		} else if (value instanceof Date) this.wide([ 215, 0 ], value.getTime()); else if (typeof value.toJSON == "function") this.add(value.toJSON()); else {
			let entries = Object.entries(value).filter(([, item]) => typeof item != "function");
			this.list(128, 222, entries.length);
			for (let [key, item] of entries) this.add(key), this.add(item);
		}
	}
	list(short, long, length) {
		length < 16 ? this.put(short | length) : length < 65536 ? this.put(long, length >> 8, length) : this.sized(long - 1, length);
	}
};

function present(packet) {
	return Object.fromEntries(Object.entries(packet).filter(([, value]) => value !== void 0));
}

var parser = {
	Encoder,
	Decoder
};

export { parser };
//# sourceMappingURL=msgpack.mjs.map
