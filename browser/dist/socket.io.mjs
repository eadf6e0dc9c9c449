function failure(message, details) {
	return Object.assign(new Error(message), details);
}

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

function subscribe(emitter, event, listener) {
	return emitter.on(event, listener), () => emitter.off(event, listener);
}

function because(code) {
	return failure(code, {
		code
	});
}

var TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop" ];

var UNREADABLE = {
	type: "error",
	data: "parser error"
}, SEPARATOR = "";

function isBinary(value) {
	return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

function toBase64(data) {
	let {buffer = data, byteOffset} = data, bytes = new Uint8Array(buffer, byteOffset, data.byteLength), text = "";
	for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
	return "b" + btoa(text);
}

function fromBase64(text) {
	let characters = atob(text), bytes = new Uint8Array(characters.length);
	for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
	return bytes.buffer;
}

function encodePacket({type, data}, supportsBinary) {
	return isBinary(data) ? supportsBinary ? data : data instanceof Blob ? data.arrayBuffer().then(toBase64) : toBase64(data) : TYPES.indexOf(type) + (data || "");
}

function encodePackets(packets, supportsBinary, done, failed) {
	let encoded = packets.map(packet => encodePacket(packet, supportsBinary));
	encoded.some(part => part instanceof Promise) ? Promise.all(encoded).then(done, failed) : done(encoded);
}

function joinPayload(encoded) {
	return encoded.join(SEPARATOR);
}

function decodePacket(encoded, binaryType) {
	if (typeof encoded != "string") return {
		type: "message",
		data: present(encoded, binaryType)
	};
	if (encoded[0] === "b") try {
		return {
			type: "message",
			data: present(fromBase64(encoded.slice(1)), binaryType)
		};
	} catch {
		return UNREADABLE;
	}
	let type = TYPES[encoded.charCodeAt(0) - 48];
	return type ? encoded.length > 1 ? {
		type,
		data: encoded.slice(1)
	} : {
		type
	} : UNREADABLE;
}

function decodePayload(payload, binaryType) {
	let packets = [];
	for (let encoded of payload.split(SEPARATOR)) {
		let packet = decodePacket(encoded, binaryType);
		if (packets.push(packet), packet.type === "error") break;
	}
	return packets;
}

function present(data, binaryType) {
	return binaryType === "blob" && !(data instanceof Blob) ? new Blob([ data ]) : data;
}

function encodedLength(data) {
	if (typeof data == "string") return new Blob([ data ]).size;
	let length = data.size ?? data.byteLength;
	return Math.ceil(length / 3) * 4;
}

var ADDRESS = /^(?:(?:(https?|wss?):)?\/\/)?(?:[^@/?#]*@)?(?:\[([^\]]*)\]|([^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/;

function parse(address) {
	let [, protocol2 = "", ipv6, name = "", port = "", path = "", query = ""] = ADDRESS.exec(address);
	return {
		protocol: protocol2,
		host: ipv6 || name,
		port,
		path,
		query
	};
}

function pageLocation() {
	return typeof location == "object" ? location : void 0;
}

function resolve(uri, path, base = pageLocation()) {
	let source = uri || "/";
	/^\/(?!\/)/.test(source) && (source = (base ? base.host : "localhost") + source);
	let target = parse(source);
	return target.protocol || (target.protocol = base && base.protocol !== "https:" ? "http" : "https", 
	source = target.protocol + "://" + source.replace(/^\/\//, "")), target.port = target.port || (/s$/.test(target.protocol) ? "443" : "80"), 
	target.path = target.path || "/", {
		...target,
		source,
		id: `${target.protocol}://${bracketed(target.host)}:${target.port}${path}`
	};
}

function bracketed(host) {
	return host.includes(":") ? `[${host}]` : host;
}

function encodeQuery(query) {
	return Object.entries(query).map(pair => pair.map(encodeURIComponent).join("=")).join("&");
}

function decodeQuery(text) {
	return Object.fromEntries(new URLSearchParams(text.replace(/\+/g, "%2B")));
}

var native = {
	setTimeout,
	clearTimeout
};

function installTimers(target, options) {
	let source = options.useNativeTimers ? native : globalThis;
	target.setTimeoutFn = source.setTimeout.bind(globalThis), target.clearTimeoutFn = source.clearTimeout.bind(globalThis);
}

var Transport = class extends Emitter {
	constructor(opts) {
		super();
		this.writable = !1;
		installTimers(this, opts), this.opts = opts, this.query = opts.query, this.socket = opts.socket, 
		this.supportsBinary = !opts.forceBase64;
	}
	open() {
		return this.readyState = "opening", this.doOpen(), this;
	}
	close() {
		return this.readyState && this.readyState !== "closed" && (this.doClose(), this.onClose()), 
		this;
	}
	send(packets) {
		this.readyState === "open" && this.write(packets);
	}
	pause(_onPause) {}
	takeable(packets) {
		return packets.slice();
	}
	explain() {
		return "unreadable";
	}
	onError(reason, description, context, cause) {
		return this.emitReserved("error", failure(reason, {
			type: "TransportError",
			description,
			context,
			cause
		}));
	}
	onOpen() {
		this.readyState = "open", this.writable = !0, this.emitReserved("open");
	}
	onDrain() {
		this.writable = !0, this.emitReserved("drain");
	}
	onData(data) {
		this.onPacket(decodePacket(data, this.socket.binaryType));
	}
	onPacket(packet) {
		this._fire("$packet", [ packet ]);
	}
	onClose(details) {
		this.readyState = "closed", this.emitReserved("close", details);
	}
	async reaches() {
		let {query} = this;
		this.query = {
			EIO: query.EIO
		};
		let uri = this.createUri("http", !0, !1);
		this.query = query;
		try {
			return await fetch(uri, {
				mode: "no-cors"
			}), !0;
		} catch {
			return !1;
		}
	}
	createUri(scheme, stamped, base64) {
		let {secure, hostname, port, path, timestampParam} = this.opts, {query} = this;
		stamped && (query[timestampParam] = Math.random().toString(36).slice(2)), base64 && (query.b64 = 1);
		let origin = `${scheme}${secure ? "s" : ""}://${bracketed(hostname)}`, shownPort = +port && +port != (secure ? 443 : 80) ? ":" + port : "";
		return `${origin}${shownPort}${path}?${encodeQuery(query)}`;
	}
};

function attemptUpgrade(engine, name) {
	let transport = engine.createTransport(name), chosen = !1, detach = () => {
		for (let unsubscribe of subs.splice(0)) unsubscribe();
	}, abandon = () => {
		detach(), transport.close();
	}, fail = cause => {
		abandon(), chosen && (engine.upgrading = !1, engine.transport.resume?.(), engine.flush()), 
		engine.emitReserved("upgradeError", failure("probe error" + cause, {
			transport: transport.name
		}));
	}, handOver = () => {
		subs.length && (detach(), engine.setTransport(transport), transport.send([ {
			type: "upgrade"
		} ]), engine.emitReserved("upgrade", transport), engine.upgrading = !1, engine.flush());
	}, subs = [ subscribe(transport, "open", () => transport.send([ {
		type: "ping",
		data: "probe"
	} ])), subscribe(transport, "packet", ({type, data}) => {
		if (type !== "pong" || data !== "probe") return fail("");
		engine.upgrading || (chosen = engine.upgrading = !0, engine.emitReserved("upgrading", transport), 
		engine.constructor.priorWebsocketSuccess = transport.name === "websocket", engine.transport.pause(() => {
			transport.writable ? handOver() : transport.once("drain", handOver);
		}));
	}), subscribe(transport, "error", error => fail(": " + error)), subscribe(transport, "close", () => fail(": transport closed")), subscribe(engine, "close", () => fail(": socket closed")), subscribe(engine, "leave", abandon), subscribe(engine, "upgrading", to => to !== transport && abandon()) ];
	transport.open();
}

function fetchByXhr(uri, {method, body, headers, credentials, signal}) {
	return new Promise((resolve2, reject) => {
		let xhr = new XMLHttpRequest;
		xhr.open(method, uri);
		for (let [name, value] of Object.entries(headers || {})) xhr.setRequestHeader(name, value);
		xhr.withCredentials = credentials === "include", xhr.onload = () => resolve2({
			status: xhr.status,
			redirected: new URL(xhr.responseURL || uri).href !== new URL(uri).href,
			text: () => Promise.resolve(xhr.responseText)
		}), xhr.onerror = xhr.onabort = reject, signal.onabort = () => xhr.abort(), xhr.send(body);
	});
}

var POLL_ERROR = "xhr poll error", POST_ERROR = "xhr post error", UNNAMED = /^(streaming|iframe)$/, forbidden = "";

typeof document == "object" && document.addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI}) => {
	effectiveDirective === "connect-src" && (forbidden = blockedURI);
});

var Polling = class extends Transport {
	get name() {
		return "polling";
	}
	pause(onPause) {
		this.readyState = "pausing";
		let waiting = 1, settled = () => {
			--waiting || this.readyState !== "pausing" || (this.readyState = "paused", onPause());
		};
		this.isPolling && (waiting++, this.once("pollComplete", settled)), this.writable || (waiting++, 
		this.once("drain", settled)), settled();
	}
	upgrade(offered) {
		let {socket} = this, names = [].concat(offered), rest = socket.transports.filter(name => names.includes(name) || names[0] && UNNAMED.test(name)), next = () => {
			let name = rest.shift();
			!name || socket.readyState !== "open" || (socket.constructor.priorWebsocketSuccess = !1, 
			attemptUpgrade(socket, name));
		};
		socket.on("upgradeError", next), next();
	}
	takeable(packets) {
		let {maxPayload} = this.socket, size = -1, end = maxPayload ? packets.findIndex(({data}, i) => (size += 2 + (data ? encodedLength(data) : 0)) > maxPayload && i) : -1;
		return packets.slice(0, end < 0 ? void 0 : end);
	}
	explain(status) {
		let {responseText} = this.answer, [, digit] = /^{"code":([0-5])/.exec(responseText) || [];
		return digit ? "server_" + digit : this.redirected ? "redirected" : status ? "status" : /^\s*</.test(responseText) ? "html" : /^\d+:\d/.test(responseText) ? "engine_3" : responseText ? "unreadable" : "empty";
	}
	resume() {
		this.readyState.startsWith("paus") && (this.readyState = "open", this.isPolling || this.poll());
	}
	doOpen() {
		this.poll();
	}
	doClose() {
		this.readyState === "opening" ? this.controller.abort() : this.write([ {
			type: "close"
		} ]);
	}
	write(packets) {
		this.writable = !1, encodePackets(packets, !1, encoded => this.request(POST_ERROR, () => this.onDrain(), joinPayload(encoded)), error => this.onError(POST_ERROR, error, void 0, because("blob")));
	}
	onData(data) {
		for (let packet of decodePayload(data, this.socket.binaryType)) if (this.accept(packet), 
		packet.type === "close") break;
		this.readyState !== "closed" && (this.isPolling = !1, this.emitReserved("pollComplete"), 
		this.readyState === "open" && this.poll());
	}
	accept(packet) {
		this.readyState === "opening" && packet.type === "open" && this.onOpen(), packet.type === "close" ? this.onClose({
			description: "transport closed by the server"
		}) : this.onPacket(packet);
	}
	poll() {
		this.isPolling = !0, this.request(POLL_ERROR, text => this.onData(text)), this.emitReserved("poll");
	}
	async request(failure2, done, body, limit = this.opts.requestTimeout) {
		let {extraHeaders, withCredentials, timestampRequests} = this.opts, context = this.answer = {
			status: 0,
			responseText: ""
		}, controller = new AbortController, code = "no_answer", timer = limit && this.setTimeoutFn(() => {
			code = "request_timeout", controller.abort();
		}, limit);
		body || (this.controller = controller, this.timer = timer);
		let uri = "";
		try {
			uri = this.createUri("http", timestampRequests !== !1, !this.supportsBinary && !this.query.sid);
			let response = await this.fetch(uri, {
				method: body ? "POST" : "GET",
				body,
				headers: body ? {
					...extraHeaders,
					"Content-Type": "text/plain;charset=UTF-8"
				} : extraHeaders,
				signal: controller.signal,
				credentials: withCredentials ? "include" : "same-origin",
				keepalive: body === "1"
			});
			code === "no_answer" && (code = "cut_off"), context.responseText = await (response.status === 200 ? this.read(response) : response.text()), 
			context.status = response.status, this.redirected = response.redirected;
		} catch (error) {
			context.error = error, code === "no_answer" && await this.isRefused(uri) && (code = "refused_origin");
		}
		this.clearTimeoutFn(timer), body && this.readyState === "closed" && this.controller.abort();
		let {status, responseText} = context;
		if (status === 200) return done(responseText);
		status && (code = this.explain(!0)), this.setTimeoutFn(() => {
			forbidden && uri.startsWith(forbidden) && (code = "forbidden", this.socket.opts.tryAllTransports = !0), 
			this.onError(failure2, status, context, because(code));
		}, 0);
	}
	read(answer) {
		return answer.text();
	}
	fetch(uri, request) {
		return (typeof fetch == "function" ? fetch : fetchByXhr)(uri, request);
	}
	async isRefused(uri) {
		return !this.query.sid && !uri.startsWith(pageLocation()?.origin ?? "") && this.reaches();
	}
};

var STREAM_ERROR = "stream error", FIRST_PACKET = 3e3, BINARY = 128, LENGTH_16 = 126, Streaming = class extends Polling {
	get name() {
		return "streaming";
	}
	upgrade() {}
	doClose() {
		this.socket.transport === this ? super.doClose() : this.controller.abort();
	}
	poll() {
		let limit = this.rotated ? 0 : FIRST_PACKET;
		this.rotated = !1, this.request(STREAM_ERROR, () => this.onEnd(), void 0, limit);
	}
	begin() {
		this.readyState === "opening" && this.query.sid && this.onOpen();
	}
	receive(data) {
		this.clearTimeoutFn(this.timer);
		let packet = decodePacket(data, this.socket.binaryType);
		this.rotated = packet.type === "noop", this.rotated || this.accept(packet);
	}
	async read({body}) {
		this.begin();
		let reader = body.getReader(), bytes = new Uint8Array;
		for (;;) {
			let {done, value} = await reader.read();
			if (done) return "";
			let joined = new Uint8Array(bytes.length + value.length);
			for (joined.set(bytes), joined.set(value, bytes.length), bytes = joined; ;) {
				let short = bytes[0] % BINARY, header = short < LENGTH_16 ? 1 : short > LENGTH_16 ? 9 : 3, length = header > 1 ? 0 : short;
				for (let i = 1; i < header; i++) length = length * 256 + bytes[i];
				let end = header + length;
				if (!(end <= bytes.length)) break;
				let data = bytes.slice(header, end);
				await this.receive(bytes[0] < BINARY ? (new TextDecoder).decode(data) : data.buffer), 
				bytes = bytes.subarray(end);
			}
		}
	}
	onEnd() {
		this.readyState !== "closed" && (this.rotated ? this.poll() : this.onError(STREAM_ERROR, 200, this.answer, because("cut_off")));
	}
};

var Iframe = class extends Streaming {
	get name() {
		return "iframe";
	}
	doOpen() {
		let {query} = this;
		query.transport = "streaming", query.frame = Math.random().toString(36).slice(2), 
		query.origin = location.origin, super.doOpen();
	}
	poll() {
		let start = () => this.readyState !== "closed" && super.poll();
		document.readyState === "complete" ? start() : addEventListener("load", start);
	}
	fetch(uri, {body, signal}) {
		return new Promise((resolve2, reject) => {
			let {origin} = new URL(uri);
			if (body) {
				this.sent = resolve2, this.frame.contentWindow.postMessage([ uri, body ], origin);
				return;
			}
			let frame = document.createElement("iframe"), removeLast = this.remove, end = reject, receive = ({source, origin: from, data}) => {
				if (source !== frame.contentWindow || from !== origin || data[0] !== this.query.frame) return;
				let [, text, status] = data;
				status >= 0 ? this.sent({
					status,
					text: async () => text
				}) : text ? this.receive(text) : (this.frame = frame, this.writable ? removeLast?.() : removeLast && this.once("drain", removeLast), 
				resolve2({
					status: 200,
					text: () => new Promise(done => end = done)
				}));
			};
			this.remove = () => {
				frame.remove(), removeEventListener("message", receive);
			}, signal.onabort = () => {
				this.remove(), end();
			}, addEventListener("message", receive), frame.onload = () => end(), frame.hidden = !0, 
			frame.referrerPolicy = "origin", frame.src = uri, document.documentElement.append(frame);
		});
	}
	read(answer) {
		return this.begin(), answer.text();
	}
};

var watchers = new Set, moments = [ "offline", "online", "pagehide", "pageshow", "resume", "visibilitychange" ];

if (typeof addEventListener == "function") for (let moment of moments) addEventListener(moment, () => {
	for (let watcher of watchers) watcher(moment);
}, !0);

var LONGEST_DELAY = 2 ** 31 - 1, transportsByName = {}, _Socket = class _Socket extends Emitter {
	constructor(uri, options) {
		super();
		this.id = null;
		this.binaryType = "arraybuffer";
		this.writeBuffer = [];
		this.upgrading = !1;
		this._transportsByName = {
			...transportsByName
		};
		this._prevBufferLen = 0;
		this._pingDelay = 0;
		this._pingTimeoutTime = 1 / 0;
		let opts = this.opts = {
			upgrade: !0,
			timestampParam: "t",
			addTrailingSlash: !0,
			transportOptions: {},
			...options
		};
		installTimers(this, opts);
		let page = pageLocation(), {hostname, port, secure = page?.protocol === "https:"} = opts;
		if (uri) {
			let address = parse(uri);
			hostname = address.host, port = address.port, secure = /s$/.test(address.protocol), 
			address.query && (opts.query = address.query);
		} else opts.host && (hostname = parse(opts.host).host || opts.host);
		opts.secure = secure, opts.port = port || !hostname && page?.port || (secure ? "443" : "80"), 
		opts.hostname = hostname || page?.hostname || "localhost", typeof opts.query == "string" && (opts.query = decodeQuery(opts.query)), 
		opts.path = opts.path.replace(/\/$/, "") + (opts.addTrailingSlash ? "/" : "");
		let {transports, transportImplementations} = opts;
		if (transports && transportImplementations) throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
		let given = transportImplementations || transports || Object.keys(transportsByName);
		this.transports = given.map(item => {
			if (typeof item != "function") return item;
			let name = item.prototype.name;
			return this._transportsByName[name] = item, name;
		}).filter(name => this._transportsByName[name]?.prototype.doOpen);
		let hasLeft = !1, leave = () => {
			hasLeft = !0, this._pingTimeoutTime = 0, this._fire("$leave", []), this.transport?.off().close();
		}, watch = async moment => {
			moment === "pagehide" ? leave() : moment === "pageshow" ? hasLeft && this._onClose("transport close", {
				description: "the page was left"
			}) : moment !== "offline" ? this._hasPingExpired() : opts.hostname !== "localhost" && !await (this.transport?.reaches()) && this._onClose("transport close", {
				description: "network connection lost"
			});
		};
		watchers.add(watch), this._cleanups = [ () => watchers.delete(watch) ], typeof addEventListener == "function" && opts.closeOnBeforeunload && (addEventListener("beforeunload", leave), 
		this._cleanups.push(() => removeEventListener("beforeunload", leave))), this._open();
	}
	createTransport(name) {
		let query = {
			...this.opts.query,
			EIO: _Socket.protocol,
			transport: name
		};
		return this.id && (query.sid = this.id), new this._transportsByName[name]({
			...this.opts,
			query,
			socket: this,
			...this.opts.transportOptions[name]
		});
	}
	_open() {
		let {transports} = this;
		if (this.readyState = "opening", !transports.length) {
			this.setTimeoutFn(() => this._onError(failure("No transports available", {
				cause: because("no_transport")
			})), 0);
			return;
		}
		let remembered = this.opts.rememberUpgrade && _Socket.priorWebsocketSuccess && transports.includes("websocket");
		this.setTransport(this.createTransport(remembered ? "websocket" : transports[0])), 
		this.transport.open();
	}
	setTransport(transport) {
		this.transport?.off(), this.transport = transport.on("drain", () => this._onDrain()).on("packet", packet => this._onPacket(packet)).on("error", error => this._onError(error)).on("close", details => this._onClose("transport close", details));
	}
	_onPacket(packet) {
		if (this.readyState === "closed") return;
		let {type, data} = packet;
		this._fire("$packet", [ packet ]), this._fire("$heartbeat", []), type === "open" && !this.id ? this._onHandshake(data) : type === "error" || !this.id ? this._onServerError(data) : type === "ping" ? (this._sendPacket("pong"), 
		this.emitReserved("ping"), this.emitReserved("pong"), this._resetPingTimeout()) : type === "message" && (this._fire("$data", [ data ]), 
		this._fire("$message", [ data ]));
	}
	_onHandshake(json) {
		let data;
		try {
			data = JSON.parse(json);
		} catch {}
		if (!data || typeof data.sid != "string" || !(data.pingInterval + data.pingTimeout > 0)) return this._onServerError("parser error");
		this.emitReserved("handshake", data), this.id = this.transport.query.sid = data.sid, 
		this._pingDelay = Math.min(data.pingInterval + data.pingTimeout, LONGEST_DELAY), 
		this.maxPayload = data.maxPayload, this.readyState = "open", _Socket.priorWebsocketSuccess = this.transport.name === "websocket", 
		this.emitReserved("open"), this.flush(), this._resetPingTimeout(), !(this.readyState !== "open" || !this.opts.upgrade) && this.transport.upgrade?.(data.upgrades);
	}
	_resetPingTimeout() {
		this.clearTimeoutFn(this._pingTimeoutTimer), this.readyState !== "closed" && (this._pingTimeoutTime = Date.now() + this._pingDelay, 
		this._pingTimeoutTimer = this.setTimeoutFn(() => this._onClose("ping timeout"), this._pingDelay));
	}
	_hasPingExpired() {
		let expired = Date.now() > this._pingTimeoutTime;
		return expired && this._pingTimeoutTime && (this._pingTimeoutTime = 0, queueMicrotask(() => this._onClose("ping timeout"))), 
		expired;
	}
	_onDrain() {
		this.writeBuffer.splice(0, this._prevBufferLen), this._prevBufferLen = 0, this.writeBuffer.length ? this.flush() : this.emitReserved("drain");
	}
	flush() {
		if (this.readyState === "closed" || !this.transport.writable || this.upgrading || !this.writeBuffer.length) return;
		let packets = this.transport.takeable(this.writeBuffer);
		this.transport.send(packets), this._prevBufferLen = packets.length, this.emitReserved("flush");
	}
	write(data, options, onFlush) {
		return this._sendPacket("message", data, options, onFlush), this;
	}
	send(data, options, onFlush) {
		return this.write(data, options, onFlush);
	}
	_sendPacket(type, data, options, onFlush) {
		if (this.readyState.startsWith("clos")) return;
		typeof options == "function" && (onFlush = options, options = null);
		let packet = {
			type,
			data,
			options: {
				...options,
				compress: options?.compress !== !1
			}
		};
		this.emitReserved("packetCreate", packet), this.writeBuffer.push(packet), onFlush && this.once("flush", onFlush), 
		this.flush();
	}
	close() {
		if (!this.readyState.startsWith("clos")) {
			this.readyState = "closing";
			let finish = () => this._onClose("forced close"), afterUpgrade = () => {
				this.upgrading ? this.once("upgrade", finish).once("upgradeError", finish) : finish();
			};
			this.writeBuffer.length ? this.once("drain", afterUpgrade) : afterUpgrade();
		}
		return this;
	}
	_onServerError(code) {
		this._onError(failure("server error", {
			code,
			cause: because(this.transport.explain())
		}));
	}
	_onError(error) {
		if (_Socket.priorWebsocketSuccess = !1, this.opts.tryAllTransports && this.transports.length > 1 && this.readyState === "opening") return this.transports.shift(), 
		this._open();
		this.emitReserved("error", error), this._onClose("transport error", error);
	}
	_onClose(reason, description) {
		if (this.readyState !== "closed") {
			this.readyState = "closed", this.clearTimeoutFn(this._pingTimeoutTimer);
			for (let cleanup of this._cleanups) cleanup();
			this.transport && (this.transport.off("close"), this.transport.close(), this.transport.off()), 
			this.id = null, this.emitReserved("close", reason, description), this.writeBuffer = [], 
			this._prevBufferLen = 0;
		}
	}
};

_Socket.protocol = 4, _Socket.priorWebsocketSuccess = !1;

var Socket = _Socket;

var WebSocketTransport = class extends Transport {
	get name() {
		return "websocket";
	}
	doOpen() {
		let {extraHeaders, protocols, timestampRequests} = this.opts;
		try {
			let uri = this.createUri("ws", timestampRequests, !this.supportsBinary), ws = this.ws = this.createSocket(uri, protocols, {
				headers: extraHeaders
			});
			ws.binaryType = this.socket.binaryType, ws.onopen = () => this.onOpen(), ws.onmessage = event => this.onData(event.data), 
			ws.onerror = event => this.fail(event), ws.onclose = event => this.onClose({
				description: "websocket connection closed",
				context: event
			});
		} catch (error) {
			this.setTimeoutFn(() => this.fail(error), 0);
		}
	}
	createSocket(uri, protocols, opts) {
		let Constructor = WebSocket;
		return new Constructor(uri, protocols || [], opts);
	}
	doClose() {
		this.ws && (this.ws.onerror = () => {}, this.ws.close());
	}
	write(packets) {
		this.writable = !1, encodePackets(packets, this.supportsBinary, encoded => {
			try {
				for (let data of encoded) this.ws.send(data);
			} catch {}
			queueMicrotask(() => this.onDrain());
		}, error => this.fail(error, "blob"));
	}
	fail(description, code = (this.readyState === "opening" ? "no_websocket" : "connection_lost")) {
		this.onError("websocket error", description, void 0, because(code));
	}
};

Object.assign(transportsByName, {
	polling: Polling,
	websocket: WebSocketTransport,
	streaming: Streaming
});

typeof document == "object" && (transportsByName.iframe = Iframe);

function backoff(attempts, min, max, jitter) {
	let delay = min * 2 ** Math.min(attempts, 31);
	if (jitter > 0 && jitter <= 1) {
		let random = Math.random();
		delay *= 1 + random * jitter * (random * 10 & 1 ? 1 : -1);
	}
	return Math.floor(Math.min(delay, max));
}

var protocol = 5;

var RESERVED = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

function isReserved(event) {
	return RESERVED.test(event);
}

var MOST_ATTACHMENTS = 10, HEAD = /^([0-6])(?:(\d*)-)?(?:(\/[^,]*),?)?(\d*)/, Decoder = class extends Emitter {
	add(data) {
		if (typeof data == "string") this.addText(data); else if (isBinary(data)) this.addAttachment(data); else throw new Error("Unknown type: " + data);
	}
	destroy() {
		this.incomplete = this.buffers = void 0;
	}
	addText(text) {
		if (this.incomplete) throw new Error("got plaintext data when reconstructing a packet");
		let [head, digit, count, nsp = "/", id] = text.startsWith("2[") ? [ "2", "2" ] : HEAD.exec(text) || [];
		if (!head) throw new Error("unknown packet type " + text[0]);
		let json = text.slice(head.length), type = +digit, hasAttachments = type >= 5;
		if (hasAttachments ? !(+count > 0) : count !== void 0) throw new Error("Illegal attachments");
		if (+count > MOST_ATTACHMENTS) throw new Error("too many attachments");
		let packet = {
			type: hasAttachments ? type - 3 : type,
			nsp
		};
		if (id && (packet.id = +id), json) {
			try {
				packet.data = JSON.parse(json);
			} catch {}
			if (!isPayloadValid(packet)) throw new Error("invalid payload");
		}
		hasAttachments ? (this.incomplete = packet, this.buffers = [], this.expected = +count) : this._fire("$decoded", [ packet ]);
	}
	addAttachment(data) {
		let {incomplete: packet, buffers} = this;
		if (!packet) throw new Error("got binary data when not reconstructing a packet");
		buffers.push(data) === this.expected && (packet.data = attach(packet.data, buffers), 
		this.destroy(), this._fire("$decoded", [ packet ]));
	}
};

function isPayloadValid({type, data}) {
	if (Array.isArray(data)) {
		let [event] = data;
		return type !== 2 ? type === 3 : typeof event == "number" || typeof event == "string" && !isReserved(event);
	}
	return typeof data == "string" ? type === 4 : !!data && typeof data == "object" && (type === 0 || type === 4);
}

function attach(value, buffers) {
	if (!value || typeof value != "object") return value;
	if (value._placeholder === !0) {
		let buffer = typeof value.num == "number" && buffers[value.num];
		if (!buffer) throw new Error("illegal attachments");
		return buffer;
	}
	for (let key of Object.keys(value)) value[key] = attach(value[key], buffers);
	return value;
}

var Encoder = class {
	encode(packet) {
		let {type, nsp, id, data} = packet, attachments = [], hasAttachments = (type === 2 || type === 3) && containsBinary(data), json = data == null ? "" : JSON.stringify(data, hasAttachments ? detaching(attachments) : void 0);
		return [ (hasAttachments ? type + 3 + `${attachments.length}-` : type) + (nsp && nsp !== "/" ? nsp + "," : "") + (id ?? "") + json, ...attachments ];
	}
};

function detaching(attachments) {
	return function(key, value) {
		let original = this[key];
		return isBinary(original) ? {
			_placeholder: !0,
			num: attachments.push(original) - 1
		} : value;
	};
}

function containsBinary(value, fromJSON) {
	return !value || typeof value != "object" ? !1 : isBinary(value) ? !0 : typeof value.toJSON == "function" && !fromJSON ? containsBinary(value.toJSON(), !0) : Object.values(value).some(item => containsBinary(item));
}

var reasonOf = ({reason}) => reason || new Error("aborted"), MAX_BUFFER_SIZE = 1e7, Socket2 = class extends Emitter {
	constructor(io2, nsp, opts) {
		super();
		this.connected = !1;
		this.recovered = !1;
		this.receiveBuffer = [];
		this.sendBuffer = [];
		this._queue = [];
		this.ids = 0;
		this._waiting = 0;
		this.acks = {};
		this.flags = {};
		this._anyListeners = [];
		this._anyOutgoingListeners = [];
		this.io = io2, this.nsp = nsp, this._opts = {
			...opts
		}, opts?.auth && (this.auth = opts.auth), io2._autoConnect && this.open();
	}
	get disconnected() {
		return !this.connected;
	}
	get active() {
		return !!this.subs;
	}
	connect() {
		let {io: io2} = this, isOpen = io2._readyState === "open";
		return this.connected || this.subs && isOpen ? this : (this.subs = this.subs || [ subscribe(io2, "open", () => this.onopen()), subscribe(io2, "packet", packet => this.onpacket(packet)), subscribe(io2, "error", error => !this.connected && this.onerror(error)), subscribe(io2, "close", (reason, description) => this.onclose(reason, description)) ], 
		io2._reconnecting || io2.open(), isOpen && this.onopen(), this);
	}
	open() {
		return this.connect();
	}
	send(...args) {
		return this.emit("message", ...args);
	}
	emit(event, ...params) {
		if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
		let args = [ event, ...params ], {flags, io: io2} = this;
		if (this.flags = {}, flags.signal?.aborted) throw reasonOf(flags.signal);
		if (this._opts.retries && !flags.fromQueue && !flags.volatile) return this._addToQueue(args, flags), 
		this;
		let packet = {
			type: 2,
			nsp: this.nsp,
			data: args,
			options: {
				compress: flags.compress !== !1
			}
		}, isConnected = this.connected && !io2.engine._hasPingExpired(), ack = takeAck(args), size = isConnected || flags.volatile ? 0 : this._reserve(args);
		return ack && (packet.id = this.ids++, this._registerAck(packet.id, ack, flags)), 
		flags.volatile && !(isConnected && io2.engine.transport.writable) ? this : (isConnected ? this._send(packet) : this.sendBuffer.push({
			...packet,
			size,
			signal: flags.signal
		}), this);
	}
	emitWithAck(event, ...args) {
		return new Promise((resolve2, reject) => {
			let ack = (error, value) => error ? reject(error) : resolve2(value);
			ack.withError = !0, this.emit(event, ...args, ack);
		});
	}
	_registerAck(id, ack, {timeout = this._opts.ackTimeout, signal}) {
		if (timeout === void 0 && !signal) {
			this.acks[id] = ack;
			return;
		}
		let fail = error => {
			this.sendBuffer = this.sendBuffer.filter(packet => packet.id !== id || (this._waiting -= packet.size, 
			!1)), delete this.acks[id], settle(error);
		}, abort = () => fail(reasonOf(signal)), timer = timeout !== void 0 && this.io.setTimeoutFn(() => fail(new Error("operation has timed out")), timeout);
		signal?.addEventListener("abort", abort);
		let settle = (...args) => {
			this.io.clearTimeoutFn(timer), signal?.removeEventListener("abort", abort), ack.apply(this, args);
		};
		settle.withError = !0, this.acks[id] = settle;
	}
	_addToQueue(args, flags) {
		let ack = takeAck(args), queued = {
			args,
			flags: {
				fromQueue: !0,
				...flags
			},
			pending: !1,
			tryCount: 0,
			size: this.connected ? 0 : this._reserve(args)
		}, {signal} = flags, finish = (...response) => {
			this._queue.splice(this._queue.indexOf(queued), 1), this._waiting -= queued.size, 
			signal?.removeEventListener("abort", abort), ack && call(this, ack, response), this._drainQueue();
		}, abort = () => finish(reasonOf(signal));
		signal?.addEventListener("abort", abort);
		let settle = (error, ...response) => {
			queued === this._queue[0] && (queued.pending = !1, !error || queued.tryCount > this._opts.retries ? finish(error, ...response) : this._drainQueue());
		};
		settle.withError = !0, args.push(settle), this._queue.push(queued), this._drainQueue();
	}
	_drainQueue(force) {
		let [queued] = this._queue;
		!queued || queued.pending && !force || !this.connected || this.io.engine._hasPingExpired() || queued.flags.signal?.aborted || (queued.pending = !0, 
		queued.tryCount++, this.flags = queued.flags, this.emit(...queued.args));
	}
	_reserve(data) {
		let {io: io2, nsp} = this;
		!this.sendBuffer.length && !this._queue.length && (this._waiting = 0);
		let size = 0;
		for (let part of io2.encoder.encode({
			type: 2,
			nsp,
			data
		})) size += part.byteLength ?? part.size ?? part.length;
		if (this._waiting + size > (this._opts.maxBufferSize ?? MAX_BUFFER_SIZE)) throw failure("too much waits for the connection", {
			code: "buffer_full"
		});
		return this._waiting += size, size;
	}
	_send(packet) {
		for (let listener of [ ...this._anyOutgoingListeners ]) call(this, listener, packet.data);
		this.packet(packet);
	}
	packet(packet) {
		this.io._packet(packet);
	}
	onopen() {
		let {io: io2, auth} = this, {engine} = io2, sent = !1, connect = data => {
			sent || io2.engine !== engine || !this.subs || (sent = !0, this.packet({
				type: 0,
				nsp: this.nsp,
				data: this._pid ? {
					pid: this._pid,
					offset: this._lastOffset,
					...data
				} : data
			}));
		};
		typeof auth == "function" ? auth(connect) : connect(auth);
	}
	onerror(error) {
		!this.isWarned && !this.hasListeners("connect_error") && (this.isWarned = !0, console.warn("connect_error", error)), 
		this.emitReserved("connect_error", error);
	}
	onclose(reason, description) {
		this.connected = !1, this.id = void 0, this.emitReserved("disconnect", reason, description);
		for (let id of Object.keys(this.acks)) {
			if (this.sendBuffer.some(packet => "" + packet.id === id)) continue;
			let ack = this.acks[id];
			delete this.acks[id], ack.withError && call(this, ack, [ new Error("socket has been disconnected") ]);
		}
	}
	onpacket(packet) {
		let {type, nsp, data} = packet;
		if (nsp === this.nsp) {
			if (type === 0) {
				if (this.io._readyState !== "open") return;
				data?.sid ? this.onconnect(data.sid, data.pid) : this.onerror(failure(VERSION_MISMATCH, {
					cause: because("engine_3")
				}));
			} else if (type === 2 || type === 5) this.onevent(packet); else if (type === 3 || type === 6) this.onack(packet); else if (type === 1) this.destroy(), 
			this.onclose("io server disconnect"); else if (type === 4) {
				this.destroy();
				let {message = data, data: details} = data || {};
				this.onerror(failure(message, {
					data: details
				}));
			}
		}
	}
	onevent({id, data}) {
		let args = data || [], last = args[args.length - 1];
		this._pid && id == null && typeof last == "string" && (this._lastOffset = last), 
		id != null && args.push(this.ack(id)), this.connected ? this.emitEvent(args) : this.receiveBuffer.push(args);
	}
	emitEvent(args) {
		for (let listener of [ ...this._anyListeners ]) call(this, listener, args);
		this._fire("$" + args[0], args.slice(1));
	}
	ack(id) {
		let {engine} = this.io, sent = !1;
		return (...args) => {
			sent || !this.connected || engine !== this.io.engine || (sent = !0, this.packet({
				type: 3,
				nsp: this.nsp,
				id,
				data: args
			}));
		};
	}
	onack({id, data}) {
		let ack = this.acks[id];
		ack && (delete this.acks[id], ack.apply(this, ack.withError ? [ null, ...data || [] ] : data || []));
	}
	onconnect(id, pid) {
		for (this.id = id, this.recovered = !!pid && this._pid === pid, this._pid = pid, 
		this.connected = !0; this.connected && this.receiveBuffer.length; ) this.emitEvent(this.receiveBuffer.shift());
		for (;this.connected && this.sendBuffer.length; ) {
			let {size, signal, ...packet} = this.sendBuffer.shift();
			this._waiting -= size, signal?.aborted || this._send(packet);
		}
		this._drainQueue(!0), this.connected && this.emitReserved("connect");
	}
	destroy() {
		for (let unsubscribe of this.subs || []) unsubscribe();
		this.subs = void 0, this.io._destroy();
	}
	disconnect() {
		return this.connected && this.packet({
			type: 1,
			nsp: this.nsp
		}), this.destroy(), this.connected && this.onclose("io client disconnect"), this;
	}
	close() {
		return this.disconnect();
	}
	[Symbol.dispose]() {
		this.disconnect();
	}
	compress(compress) {
		return this.flags.compress = compress, this;
	}
	get volatile() {
		return this.flags.volatile = !0, this;
	}
	timeout(timeout) {
		return this.flags.timeout = timeout, this;
	}
	signal(signal) {
		return this.flags.signal = signal, this;
	}
};

for (let kind of [ "Any", "AnyOutgoing" ]) {
	let methods2 = Socket2.prototype, field = `_a${kind.slice(1)}Listeners`;
	methods2["on" + kind] = function(listener) {
		return this[field].push(listener), this;
	}, methods2["prepend" + kind] = function(listener) {
		return this[field].unshift(listener), this;
	}, methods2["off" + kind] = function(listener) {
		let index = this[field].indexOf(listener);
		return this[field] = listener ? this[field].filter((_, i) => i !== index) : [], 
		this;
	}, methods2["listeners" + kind] = function() {
		return this[field];
	};
}

function takeAck(args) {
	return typeof args[args.length - 1] == "function" ? args.pop() : void 0;
}

var VERSION_MISMATCH = "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

var ACCESSORS = [ [ "reconnection", !0 ], [ "reconnectionAttempts", 1 / 0, !0 ], [ "reconnectionDelay", 1e3, !0 ], [ "reconnectionDelayMax", 5e3, !0 ], [ "randomizationFactor", .5 ], [ "timeout", 2e4 ] ], Manager = class extends Emitter {
	constructor(uri, opts = {}) {
		super();
		this.transports = [];
		this._readyState = "closed";
		this._reconnecting = !1;
		this.nsps = {};
		this.subs = [];
		this.attempts = 0;
		this.skipReconnect = !1;
		uri && typeof uri == "object" && (opts = uri, uri = void 0), opts.path = opts.path || "/socket.io", 
		this.uri = uri, this.opts = opts, installTimers(this, opts);
		for (let [name, value, isZeroNothing] of ACCESSORS) {
			let given = opts[name];
			this["_" + name] = isZeroNothing ? given || value : given ?? value;
		}
		let parser = opts.parser || {
			Encoder,
			Decoder
		};
		this.encoder = new parser.Encoder, this.decoder = new parser.Decoder, this._autoConnect = opts.autoConnect !== !1, 
		this._autoConnect && this.open();
	}
	open(callback) {
		if (this._readyState !== "closed") return this;
		let engine = this.engine = new Socket(this.uri, this.opts);
		this._readyState = "opening", this.skipReconnect = !1;
		let onError = error => {
			this.cleanup(), this._readyState = "closed", this.emitReserved("error", error), 
			callback ? callback(error) : this._readyState === "closed" && !this.attempts && this.reconnect();
		};
		if (this.subs.push(subscribe(engine, "open", () => {
			this.onopen(), callback?.();
		}), subscribe(engine, "error", onError), subscribe(engine, "close", (reason, description) => onError(failure(reason, {
			description,
			cause: because("closed_early")
		})))), this._timeout !== !1) {
			let timer = this.setTimeoutFn(() => {
				this.cleanup(), engine.close(), onError(failure("timeout", {
					cause: because("timeout")
				}));
			}, this._timeout);
			this.subs.push(() => this.clearTimeoutFn(timer));
		}
		return this;
	}
	connect(callback) {
		return this.open(callback);
	}
	socket(nsp, opts) {
		let socket = this.nsps[nsp];
		return socket ? this._autoConnect && !socket.active && socket.connect() : socket = this.nsps[nsp] = new Socket2(this, nsp, opts), 
		socket;
	}
	_destroy() {
		Object.values(this.nsps).some(socket => socket.active) || this._close();
	}
	_packet(packet) {
		for (let encoded of this.encoder.encode(packet)) this.engine.write(encoded, packet.options);
	}
	_close() {
		this.skipReconnect = !0, this._reconnecting = !1, this.onclose("forced close");
	}
	disconnect() {
		this._close();
	}
	onopen() {
		this.cleanup();
		let {engine, decoder} = this;
		this._readyState = "open", this.note("open", engine.transport.name), this.subs.push(subscribe(engine, "upgrade", ({name}) => this.note("upgrade", name)), subscribe(engine, "upgradeError", ({message, transport}) => this.note(message, engine.transport.name, transport)), subscribe(engine, "ping", () => this.emitReserved("ping")), subscribe(engine, "data", data => this.ondata(data)), subscribe(engine, "error", error => this.emitReserved("error", error)), subscribe(engine, "close", (reason, description) => this.onclose(reason, description)), subscribe(decoder, "decoded", packet => {
			Promise.resolve().then(() => this._fire("$packet", [ packet ]));
		})), this.emitReserved("open");
	}
	note(reason, to, from = this.transports.slice(-1)[0]?.to) {
		this.transports = [ ...this.transports, {
			from,
			to,
			reason,
			at: Date.now()
		} ].slice(-20);
	}
	ondata(data) {
		try {
			this.decoder.add(data);
		} catch (error) {
			this.onclose("parse error", error);
		}
	}
	cleanup() {
		for (let unsubscribe of this.subs.splice(0)) unsubscribe();
		this.decoder.destroy();
	}
	onclose(reason, description) {
		this.cleanup(), this.engine?.close(), this.attempts = 0, this._readyState === "open" && this.note(reason), 
		this._readyState = "closed", this.emitReserved("close", reason, description), this.reconnect();
	}
	isStopped() {
		return this.skipReconnect || !this._reconnection;
	}
	reconnect() {
		if (this._reconnecting || this.isStopped()) return;
		if (this.attempts >= this._reconnectionAttempts) {
			this.attempts = 0, this.emitReserved("reconnect_failed");
			return;
		}
		this._reconnecting = !0;
		let delay = backoff(this.attempts++, this._reconnectionDelay, this._reconnectionDelayMax, this._randomizationFactor), attempt = () => {
			stop(), this.isStopped() || this.emitReserved("reconnect_attempt", this.attempts), 
			this.isStopped() ? this._reconnecting = !1 : this.open(error => this.onattempt(error));
		}, watch = moment => {
			(moment === "online" || moment === "pageshow") && attempt();
		}, timer = this.setTimeoutFn(attempt, delay);
		watchers.add(watch);
		let stop = () => {
			this.clearTimeoutFn(timer), watchers.delete(watch);
		};
		this.subs.push(stop);
	}
	onattempt(error) {
		if (this._reconnecting = !1, error) this.reconnect(), this.emitReserved("reconnect_error", error); else {
			let {attempts} = this;
			this.attempts = 0, this.emitReserved("reconnect", attempts);
		}
	}
};

for (let [name] of ACCESSORS) Manager.prototype[name] = function(value) {
	return value === void 0 ? this["_" + name] : (this["_" + name] = value, this);
};

var cache = {};

function lookup(uri, opts = {}) {
	uri && typeof uri == "object" && (opts = uri, uri = void 0);
	let {id, path, query, source} = resolve(uri, opts.path || "/socket.io"), shared = cache[id], isOwn = opts.forceNew || opts.multiplex === !1 || shared && path in shared.nsps, manager = !isOwn && shared || new Manager(source, opts);
	return isOwn || (cache[id] = manager), query && !opts.query && (opts.query = decodeQuery(query)), 
	manager.socket(path, opts);
}

var io = Object.assign(lookup, {
	Manager,
	Socket: Socket2,
	io: lookup,
	connect: lookup,
	protocol: 5
});

var WebTransportTransport = class extends Transport {
	get name() {
		return "webtransport";
	}
}, WebTransport = WebTransportTransport;

export { Polling as Fetch, Iframe, Manager, WebSocketTransport as NodeWebSocket, Polling as NodeXHR, Socket2 as Socket, Streaming, WebSocketTransport as WebSocket, WebTransport, Polling as XHR, io as connect, io as default, io, protocol };
//# sourceMappingURL=socket.io.mjs.map
