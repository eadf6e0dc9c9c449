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
		const signal = options?.signal;
		if (signal?.aborted) return this;
		let callback = listener;
		if (signal) {
			if (!callback.fn) {
				callback = (...args) => listener.apply(this, args);
				callback.fn = listener;
			}
			signal.addEventListener("abort", () => this.off(event, callback));
		}
		const callbacks = this._callbacks = this._callbacks || {};
		const key = "$" + event;
		(callbacks[key] = callbacks[key] || []).push(callback);
		return this;
	}
	once(event, listener, options) {
		const callback = (...args) => {
			this.off(event, callback);
			listener.apply(this, args);
		};
		callback.fn = listener;
		return this.on(event, callback, options);
	}
	off(event, listener) {
		const callbacks = this._callbacks || {};
		const key = "$" + event;
		const list = callbacks[key] || [];
		const {length} = arguments;
		if (!length) this._callbacks = {};
		const index = list.findIndex(callback => listener && (callback === listener || callback.fn === listener));
		if (index >= 0) list.splice(index, 1);
		if (length < 2 || !list.length) delete callbacks[key];
		return this;
	}
	emit(event, ...args) {
		return this._fire("$" + event, args);
	}
	_fire(key, args) {
		const list = this._callbacks?.[key];
		if (list) for (const callback of list[1] ? list.slice() : [ list[0] ]) call(this, callback, args);
		return this;
	}
	listeners(event) {
		return this._callbacks?.["$" + event] || [];
	}
	hasListeners(event) {
		return !!this.listeners(event).length;
	}
};

var methods = Emitter.prototype;

methods.emitReserved = methods.emit;

methods.addEventListener = methods.on;

methods.removeListener = methods.removeEventListener = methods.removeAllListeners = methods.off;

function subscribe(emitter, event, listener) {
	emitter.on(event, listener);
	return () => emitter.off(event, listener);
}

var SENTENCES = {
	no_answer: "nothing answered: wrong address, or no network",
	refused_origin: "the server answers, but not to this origin",
	forbidden: "the page's Content-Security-Policy forbids the connection",
	cut_off: "the answer broke off",
	request_timeout: "requestTimeout is over",
	timeout: "timeout is over",
	redirected: "redirected: to a login?",
	html: "the answer is a page: wrong path?",
	empty: "the answer is empty",
	unreadable: "the answer is not Socket.IO's",
	status: "the HTTP status is not 200",
	engine_3: "the server speaks Socket.IO 2",
	server_0: "the server does not offer this transport",
	server_1: "the server does not know the session: restarted, or behind a load balancer?",
	server_2: "the server refuses the method",
	server_3: "the server refuses the request",
	server_4: "the server's allowRequest refuses",
	server_5: "the server does not speak Engine.IO 4",
	no_websocket: "refused, or nothing answered",
	connection_lost: "the connection broke",
	blob: "a Blob could not be read",
	no_transport: "none of `transports` is known here",
	closed_early: "closed before the handshake"
};

function because(code) {
	return failure(true ? SENTENCES[code] : code, {
		code
	});
}

var TYPES = [ "open", "close", "ping", "pong", "message", "upgrade", "noop" ];

var BASE64_PIECE = 32768;

var UNREADABLE = {
	type: "error",
	data: "parser error"
};

var SEPARATOR = "";

function isBinary(value) {
	return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

function toBase64(data) {
	const {buffer = data, byteOffset} = data;
	const bytes = new Uint8Array(buffer, byteOffset, data.byteLength);
	let text = "";
	for (let i = 0; i < bytes.length; i += BASE64_PIECE) {
		text += String.fromCharCode(...bytes.subarray(i, i + BASE64_PIECE));
	}
	return "b" + btoa(text);
}

function fromBase64(text) {
	const characters = atob(text);
	const bytes = new Uint8Array(characters.length);
	for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
	return bytes.buffer;
}

function encodePacket({type, data}, supportsBinary) {
	if (!isBinary(data)) return TYPES.indexOf(type) + (data || "");
	if (supportsBinary) return data;
	return data instanceof Blob ? data.arrayBuffer().then(toBase64) : toBase64(data);
}

function encodePackets(packets, supportsBinary, done, failed) {
	const encoded = packets.map(packet => encodePacket(packet, supportsBinary));
	if (encoded.some(part => part instanceof Promise)) Promise.all(encoded).then(done, failed); else done(encoded);
}

function joinPayload(encoded) {
	return encoded.join(SEPARATOR);
}

function decodePacket(encoded, binaryType) {
	if (typeof encoded !== "string") return {
		type: "message",
		data: present(encoded, binaryType)
	};
	if (encoded[0] === "b") {
		try {
			return {
				type: "message",
				data: present(fromBase64(encoded.slice(1)), binaryType)
			};
		} catch {
			return UNREADABLE;
		}
	}
	const type = TYPES[encoded.charCodeAt(0) - 48];
	if (!type) return UNREADABLE;
	return encoded.length > 1 ? {
		type,
		data: encoded.slice(1)
	} : {
		type
	};
}

function decodePayload(payload, binaryType) {
	const packets = [];
	for (const encoded of payload.split(SEPARATOR)) {
		const packet = decodePacket(encoded, binaryType);
		packets.push(packet);
		if (packet.type === "error") break;
	}
	return packets;
}

function present(data, binaryType) {
	return binaryType === "blob" && !(data instanceof Blob) ? new Blob([ data ]) : data;
}

function encodedLength(data) {
	if (typeof data === "string") return new Blob([ data ]).size;
	const length = data.size ?? data.byteLength;
	return Math.ceil(length / 3) * 4;
}

var ADDRESS = /^(?:(?:(https?|wss?):)?\/\/)?(?:[^@/?#]*@)?(?:\[([^\]]*)\]|([^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/;

function parse(address) {
	const [, protocol2 = "", ipv6, name = "", port = "", path = "", query = ""] = ADDRESS.exec(address);
	return {
		protocol: protocol2,
		host: ipv6 || name,
		port,
		path,
		query
	};
}

function pageLocation() {
	return typeof location === "object" ? location : void 0;
}

function resolve(uri, path, base = pageLocation()) {
	let source = uri || "/";
	if (/^\/(?!\/)/.test(source)) source = (base ? base.host : "localhost") + source;
	const target = parse(source);
	if (!target.protocol) {
		target.protocol = base && base.protocol !== "https:" ? "http" : "https";
		source = target.protocol + "://" + source.replace(/^\/\//, "");
	}
	target.port = target.port || (/s$/.test(target.protocol) ? "443" : "80");
	target.path = target.path || "/";
	return {
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

function pattern() {
	const {process} = globalThis;
	if (process?.env?.DEBUG) return process.env.DEBUG;
	try {
		return localStorage.getItem("debug") || "";
	} catch {
		return "";
	}
}

function isWanted(namespace, list) {
	const matches = name => new RegExp(`^${name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*/g, ".*")}$`).test(namespace);
	const names = list.split(/[\s,]+/).filter(Boolean);
	return names.some(name => name[0] !== "-" && matches(name)) && !names.some(name => name[0] === "-" && matches(name.slice(1)));
}

function logOf(namespace) {
	if (!isWanted(namespace, pattern())) return () => {};
	return (message, ...parts) => console.debug(`${namespace} ${message}`, ...parts);
}

var native = {
	setTimeout,
	clearTimeout
};

function installTimers(target, options) {
	const source = options.useNativeTimers ? native : globalThis;
	target.setTimeoutFn = false ? (callback, delay) => source.setTimeout(callback, delay).unref() : source.setTimeout.bind(globalThis);
	target.clearTimeoutFn = source.clearTimeout.bind(globalThis);
}

var Transport = class extends Emitter {
	constructor(opts) {
		super();
		this.writable = false;
		installTimers(this, opts);
		this.opts = opts;
		this.query = opts.query;
		this.socket = opts.socket;
		this.supportsBinary = !opts.forceBase64;
	}
	open() {
		this.readyState = "opening";
		this.doOpen();
		return this;
	}
	close() {
		if (this.readyState && this.readyState !== "closed") {
			this.doClose();
			this.onClose();
		}
		return this;
	}
	send(packets) {
		if (this.readyState === "open") this.write(packets);
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
		this.readyState = "open";
		this.writable = true;
		this.emitReserved("open");
	}
	onDrain() {
		this.writable = true;
		this.emitReserved("drain");
	}
	onData(data) {
		this.onPacket(decodePacket(data, this.socket.binaryType));
	}
	onPacket(packet) {
		this._fire("$packet", [ packet ]);
	}
	onClose(details) {
		this.readyState = "closed";
		this.emitReserved("close", details);
	}
	async reaches() {
		const {query} = this;
		this.query = {
			EIO: query.EIO
		};
		const uri = this.createUri("http", true, false);
		this.query = query;
		try {
			await fetch(uri, {
				mode: "no-cors"
			});
			return true;
		} catch {
			return false;
		}
	}
	createUri(scheme, stamped, base64) {
		const {secure, hostname, port, path, timestampParam} = this.opts;
		const {query} = this;
		if (stamped) query[timestampParam] = Math.random().toString(36).slice(2);
		if (base64) query.b64 = 1;
		const origin = `${scheme}${secure ? "s" : ""}://${bracketed(hostname)}`;
		const shownPort = +port && +port !== (secure ? 443 : 80) ? ":" + port : "";
		return `${origin}${shownPort}${path}?${encodeQuery(query)}`;
	}
};

var log = logOf("engine.io-client:socket");

function attemptUpgrade(engine, name) {
	log('probing transport "%s"', name);
	const transport = engine.createTransport(name);
	let chosen = false;
	const detach = () => {
		for (const unsubscribe of subs.splice(0)) unsubscribe();
	};
	const abandon = () => {
		detach();
		transport.close();
	};
	const fail = cause => {
		log('probe transport "%s" failed%s', name, cause);
		abandon();
		if (chosen) {
			engine.upgrading = false;
			engine.transport.resume?.();
			engine.flush();
		}
		engine["emitReserved"]("upgradeError", failure("probe error" + cause, {
			transport: transport.name
		}));
	};
	const handOver = () => {
		if (!subs.length) return;
		log("changing transport and sending upgrade packet");
		detach();
		engine.setTransport(transport);
		transport.send([ {
			type: "upgrade"
		} ]);
		engine["emitReserved"]("upgrade", transport);
		engine.upgrading = false;
		engine.flush();
	};
	const subs = [ subscribe(transport, "open", () => transport.send([ {
		type: "ping",
		data: "probe"
	} ])), subscribe(transport, "packet", ({type, data}) => {
		if (type !== "pong" || data !== "probe") return fail("");
		if (engine.upgrading) return;
		chosen = engine.upgrading = true;
		engine["emitReserved"]("upgrading", transport);
		engine.constructor.priorWebsocketSuccess = transport.name === "websocket";
		engine.transport.pause(() => {
			if (transport.writable) handOver(); else transport.once("drain", handOver);
		});
	}), subscribe(transport, "error", error => fail(": " + error)), subscribe(transport, "close", () => fail(": transport closed")), subscribe(engine, "close", () => fail(": socket closed")), subscribe(engine, "leave", abandon), subscribe(engine, "upgrading", to => to !== transport && abandon()) ];
	transport.open();
}

function fetchByXhr(uri, {method, body, headers, credentials, signal}) {
	return new Promise((resolve2, reject) => {
		const xhr = new XMLHttpRequest;
		xhr.open(method, uri);
		for (const [name, value] of Object.entries(headers || {})) xhr.setRequestHeader(name, value);
		xhr.withCredentials = credentials === "include";
		xhr.onload = () => resolve2({
			status: xhr.status,
			redirected: new URL(xhr.responseURL || uri).href !== new URL(uri).href,
			text: () => Promise.resolve(xhr.responseText)
		});
		xhr.onerror = xhr.onabort = reject;
		signal.onabort = () => xhr.abort();
		xhr.send(body);
	});
}

var log2 = logOf("engine.io-client:polling");

var POLL_ERROR = "xhr poll error";

var POST_ERROR = "xhr post error";

var UNNAMED = /^(streaming|iframe)$/;

var forbidden = "";

if (typeof document === "object") {
	document.addEventListener("securitypolicyviolation", ({effectiveDirective, blockedURI}) => {
		if (effectiveDirective === "connect-src") forbidden = blockedURI;
	});
}

var Polling = class extends Transport {
	get name() {
		return "polling";
	}
	pause(onPause) {
		this.readyState = "pausing";
		let waiting = 1;
		const settled = () => {
			if (--waiting || this.readyState !== "pausing") return;
			this.readyState = "paused";
			onPause();
		};
		if (this.isPolling) {
			waiting++;
			this.once("pollComplete", settled);
		}
		if (!this.writable) {
			waiting++;
			this.once("drain", settled);
		}
		settled();
	}
	upgrade(offered) {
		const {socket} = this;
		const names = [].concat(offered);
		const rest = socket["transports"].filter(name => names.includes(name) || names[0] && UNNAMED.test(name));
		const next = () => {
			const name = rest.shift();
			if (!name || socket.readyState !== "open") return;
			socket.constructor.priorWebsocketSuccess = false;
			attemptUpgrade(socket, name);
		};
		socket.on("upgradeError", next);
		next();
	}
	takeable(packets) {
		const {maxPayload} = this.socket;
		let size = -1;
		const end = maxPayload ? packets.findIndex(({data}, i) => (size += 2 + (data ? encodedLength(data) : 0)) > maxPayload && i) : -1;
		return packets.slice(0, end < 0 ? void 0 : end);
	}
	explain(status) {
		const {responseText} = this.answer;
		const [, digit] = /^{"code":([0-5])/.exec(responseText) || [];
		if (digit) return "server_" + digit;
		if (this.redirected) return "redirected";
		if (status) return "status";
		if (/^\s*</.test(responseText)) return "html";
		return /^\d+:\d/.test(responseText) ? "engine_3" : responseText ? "unreadable" : "empty";
	}
	resume() {
		if (!this.readyState.startsWith("paus")) return;
		this.readyState = "open";
		if (!this.isPolling) this.poll();
	}
	doOpen() {
		this.poll();
	}
	doClose() {
		if (this.readyState === "opening") this.controller.abort(); else this.write([ {
			type: "close"
		} ]);
	}
	write(packets) {
		this.writable = false;
		encodePackets(packets, false, encoded => this.request(POST_ERROR, () => this.onDrain(), joinPayload(encoded)), error => this.onError(POST_ERROR, error, void 0, because("blob")));
	}
	onData(data) {
		log2("polling got data %s", data);
		for (const packet of decodePayload(data, this.socket.binaryType)) {
			this.accept(packet);
			if (packet.type === "close") break;
		}
		if (this.readyState === "closed") return;
		this.isPolling = false;
		this.emitReserved("pollComplete");
		if (this.readyState === "open") this.poll();
	}
	accept(packet) {
		if (this.readyState === "opening" && packet.type === "open") this.onOpen();
		if (packet.type === "close") this.onClose({
			description: "transport closed by the server"
		}); else this.onPacket(packet);
	}
	poll() {
		this.isPolling = true;
		this.request(POLL_ERROR, text => this.onData(text));
		this.emitReserved("poll");
	}
	async request(failure2, done, body, limit = this.opts.requestTimeout) {
		const {extraHeaders, withCredentials, timestampRequests} = this.opts;
		const context = this.answer = {
			status: 0,
			responseText: ""
		};
		const controller = new AbortController;
		let code = "no_answer";
		const timer = limit && this.setTimeoutFn(() => {
			code = "request_timeout";
			controller.abort();
		}, limit);
		if (!body) {
			this.controller = controller;
			this.timer = timer;
		}
		let uri = "";
		try {
			uri = this.createUri("http", timestampRequests !== false, !this.supportsBinary && !this.query.sid);
			log2(body ? "POST %s" : "GET %s", uri);
			const response = await this.fetch(uri, {
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
			if (code === "no_answer") code = "cut_off";
			context.responseText = await (response.status === 200 ? this.read(response) : response.text());
			context.status = response.status;
			this.redirected = response.redirected;
		} catch (error) {
			context.error = error;
			if (code === "no_answer" && await this.isRefused(uri)) code = "refused_origin";
		}
		this.clearTimeoutFn(timer);
		if (body && this.readyState === "closed") this.controller.abort();
		const {status, responseText} = context;
		if (status === 200) return done(responseText);
		if (status) code = this.explain(true);
		this.setTimeoutFn(() => {
			if (forbidden && uri.startsWith(forbidden)) {
				code = "forbidden";
				this.socket["opts"].tryAllTransports = true;
			}
			this.onError(failure2, status, context, because(code));
		}, 0);
	}
	read(answer) {
		return answer.text();
	}
	fetch(uri, request) {
		return (typeof fetch === "function" ? fetch : fetchByXhr)(uri, request);
	}
	async isRefused(uri) {
		return !this.query.sid && !uri.startsWith(pageLocation()?.origin ?? "") && this.reaches();
	}
};

var STREAM_ERROR = "stream error";

var FIRST_PACKET = 3e3;

var BINARY = 128;

var LENGTH_16 = 126;

var Streaming = class extends Polling {
	get name() {
		return "streaming";
	}
	upgrade() {}
	doClose() {
		if (this.socket.transport === this) super.doClose(); else this.controller.abort();
	}
	poll() {
		const limit = this.rotated ? 0 : FIRST_PACKET;
		this.rotated = false;
		this.request(STREAM_ERROR, () => this.onEnd(), void 0, limit);
	}
	begin() {
		if (this.readyState === "opening" && this.query.sid) this.onOpen();
	}
	receive(data) {
		this.clearTimeoutFn(this.timer);
		const packet = decodePacket(data, this.socket.binaryType);
		this.rotated = packet.type === "noop";
		if (!this.rotated) this.accept(packet);
	}
	async read({body}) {
		this.begin();
		const reader = body.getReader();
		let bytes = new Uint8Array;
		for (;;) {
			const {done, value} = await reader.read();
			if (done) return "";
			const joined = new Uint8Array(bytes.length + value.length);
			joined.set(bytes);
			joined.set(value, bytes.length);
			bytes = joined;
			for (;;) {
				const short = bytes[0] % BINARY;
				const header = short < LENGTH_16 ? 1 : short > LENGTH_16 ? 9 : 3;
				let length = header > 1 ? 0 : short;
				for (let i = 1; i < header; i++) length = length * 256 + bytes[i];
				const end = header + length;
				if (!(end <= bytes.length)) break;
				const data = bytes.slice(header, end);
				await this.receive(bytes[0] < BINARY ? (new TextDecoder).decode(data) : data.buffer);
				bytes = bytes.subarray(end);
			}
		}
	}
	onEnd() {
		if (this.readyState === "closed") return;
		if (this.rotated) this.poll(); else this.onError(STREAM_ERROR, 200, this.answer, because("cut_off"));
	}
};

var Iframe = class extends Streaming {
	get name() {
		return "iframe";
	}
	doOpen() {
		const {query} = this;
		query.transport = "streaming";
		query.frame = Math.random().toString(36).slice(2);
		query.origin = location.origin;
		super.doOpen();
	}
	poll() {
		const start = () => this.readyState !== "closed" && super.poll();
		if (document.readyState === "complete") start(); else addEventListener("load", start);
	}
	fetch(uri, {body, signal}) {
		return new Promise((resolve2, reject) => {
			const {origin} = new URL(uri);
			if (body) {
				this.sent = resolve2;
				this.frame.contentWindow.postMessage([ uri, body ], origin);
				return;
			}
			const frame = document.createElement("iframe");
			const removeLast = this.remove;
			let end = reject;
			const receive = ({source, origin: from, data}) => {
				if (source !== frame.contentWindow || from !== origin || data[0] !== this.query.frame) return;
				const [, text, status] = data;
				if (status >= 0) {
					this.sent({
						status,
						text: async () => text
					});
				} else if (text) {
					this.receive(text);
				} else {
					this.frame = frame;
					if (this.writable) removeLast?.(); else if (removeLast) this.once("drain", removeLast);
					resolve2({
						status: 200,
						text: () => new Promise(done => end = done)
					});
				}
			};
			this.remove = () => {
				frame.remove();
				removeEventListener("message", receive);
			};
			signal.onabort = () => {
				this.remove();
				end();
			};
			addEventListener("message", receive);
			frame.onload = () => end();
			frame.hidden = true;
			frame.referrerPolicy = "origin";
			frame.src = uri;
			document.documentElement.append(frame);
		});
	}
	read(answer) {
		this.begin();
		return answer.text();
	}
};

var watchers = new Set;

var moments = [ "offline", "online", "pagehide", "pageshow", "resume", "visibilitychange" ];

if (typeof addEventListener === "function") {
	for (const moment of moments) {
		addEventListener(moment, () => {
			for (const watcher of watchers) watcher(moment);
		}, true);
	}
}

var log3 = logOf("engine.io-client:socket");

var LONGEST_DELAY = 2 ** 31 - 1;

var transportsByName = {};

var _Socket = class _Socket extends Emitter {
	constructor(uri, options) {
		super();
		this.id = null;
		this.binaryType = "arraybuffer";
		this.writeBuffer = [];
		this.upgrading = false;
		this._transportsByName = {
			...transportsByName
		};
		this._prevBufferLen = 0;
		this._pingDelay = 0;
		this._pingTimeoutTime = Infinity;
		const opts = this.opts = {
			upgrade: true,
			timestampParam: "t",
			addTrailingSlash: true,
			transportOptions: {},
			...options
		};
		installTimers(this, opts);
		const page = pageLocation();
		let {hostname, port, secure = page?.protocol === "https:"} = opts;
		if (uri) {
			const address = parse(uri);
			hostname = address.host;
			port = address.port;
			secure = /s$/.test(address.protocol);
			if (address.query) opts.query = address.query;
		} else if (opts.host) {
			hostname = parse(opts.host).host || opts.host;
		}
		opts.secure = secure;
		opts.port = port || !hostname && page?.port || (secure ? "443" : "80");
		opts.hostname = hostname || page?.hostname || "localhost";
		if (typeof opts.query === "string") opts.query = decodeQuery(opts.query);
		opts.path = opts.path.replace(/\/$/, "") + (opts.addTrailingSlash ? "/" : "");
		const {transports, transportImplementations} = opts;
		if (transports && transportImplementations) {
			throw new Error("specifying both 'transportImplementations' and 'transports' options is not supported");
		}
		const given = transportImplementations || transports || Object.keys(transportsByName);
		this.transports = given.map(item => {
			if (typeof item !== "function") return item;
			const name = item.prototype.name;
			this._transportsByName[name] = item;
			return name;
		}).filter(name => {
			const known = this._transportsByName[name]?.prototype["doOpen"];
			if (!known) log3('transport "%s" is not supported here: passed over', name);
			return known;
		});
		let hasLeft = false;
		const leave = () => {
			hasLeft = true;
			this._pingTimeoutTime = 0;
			this._fire("$leave", []);
			this.transport?.off().close();
		};
		const watch = async moment => {
			if (moment === "pagehide") leave(); else if (moment === "pageshow") hasLeft && this._onClose("transport close", {
				description: "the page was left"
			}); else if (moment !== "offline") this._hasPingExpired(); else if (opts.hostname !== "localhost" && !await (this.transport?.reaches())) this._onClose("transport close", {
				description: "network connection lost"
			});
		};
		watchers.add(watch);
		this._cleanups = [ () => watchers.delete(watch) ];
		if (typeof addEventListener === "function" && opts.closeOnBeforeunload) {
			addEventListener("beforeunload", leave);
			this._cleanups.push(() => removeEventListener("beforeunload", leave));
		}
		this._open();
	}
	createTransport(name) {
		log3('creating transport "%s"', name);
		const query = {
			...this.opts.query,
			EIO: _Socket.protocol,
			transport: name
		};
		if (this.id) query.sid = this.id;
		return new this._transportsByName[name]({
			...this.opts,
			query,
			socket: this,
			...this.opts.transportOptions[name]
		});
	}
	_open() {
		const {transports} = this;
		this.readyState = "opening";
		if (!transports.length) {
			this.setTimeoutFn(() => this._onError(failure("No transports available", {
				cause: because("no_transport")
			})), 0);
			return;
		}
		const remembered = this.opts.rememberUpgrade && _Socket.priorWebsocketSuccess && transports.includes("websocket");
		this.setTransport(this.createTransport(remembered ? "websocket" : transports[0]));
		this.transport.open();
	}
	setTransport(transport) {
		this.transport?.off();
		this.transport = transport.on("drain", () => this._onDrain()).on("packet", packet => this._onPacket(packet)).on("error", error => this._onError(error)).on("close", details => this._onClose("transport close", details));
	}
	_onPacket(packet) {
		if (this.readyState === "closed") return;
		const {type, data} = packet;
		log3('socket receive: type "%s", data "%s"', type, data);
		this._fire("$packet", [ packet ]);
		this._fire("$heartbeat", []);
		if (type === "open" && !this.id) {
			this._onHandshake(data);
		} else if (type === "error" || !this.id) {
			this._onServerError(data);
		} else if (type === "ping") {
			this._sendPacket("pong");
			this.emitReserved("ping");
			this.emitReserved("pong");
			this._resetPingTimeout();
		} else if (type === "message") {
			this._fire("$data", [ data ]);
			this._fire("$message", [ data ]);
		}
	}
	_onHandshake(json) {
		let data;
		try {
			data = JSON.parse(json);
		} catch {}
		if (!data || typeof data.sid !== "string" || !(data.pingInterval + data.pingTimeout > 0)) {
			return this._onServerError("parser error");
		}
		this.emitReserved("handshake", data);
		this.id = this.transport.query.sid = data.sid;
		this._pingDelay = Math.min(data.pingInterval + data.pingTimeout, LONGEST_DELAY);
		this.maxPayload = data.maxPayload;
		this.readyState = "open";
		_Socket.priorWebsocketSuccess = this.transport.name === "websocket";
		this.emitReserved("open");
		this.flush();
		this._resetPingTimeout();
		if (this.readyState !== "open" || !this.opts.upgrade) return;
		this.transport.upgrade?.(data.upgrades);
	}
	_resetPingTimeout() {
		this.clearTimeoutFn(this._pingTimeoutTimer);
		if (this.readyState === "closed") return;
		this._pingTimeoutTime = Date.now() + this._pingDelay;
		this._pingTimeoutTimer = this.setTimeoutFn(() => this._onClose("ping timeout"), this._pingDelay);
	}
	_hasPingExpired() {
		const expired = Date.now() > this._pingTimeoutTime;
		if (expired && this._pingTimeoutTime) {
			log3("throttled timer detected, scheduling connection close");
			this._pingTimeoutTime = 0;
			queueMicrotask(() => this._onClose("ping timeout"));
		}
		return expired;
	}
	_onDrain() {
		this.writeBuffer.splice(0, this._prevBufferLen);
		this._prevBufferLen = 0;
		if (this.writeBuffer.length) this.flush(); else this.emitReserved("drain");
	}
	flush() {
		if (this.readyState === "closed" || !this.transport.writable || this.upgrading || !this.writeBuffer.length) return;
		const packets = this.transport.takeable(this.writeBuffer);
		log3("flushing %d packets in socket", packets.length);
		this.transport.send(packets);
		this._prevBufferLen = packets.length;
		this.emitReserved("flush");
	}
	write(data, options, onFlush) {
		this._sendPacket("message", data, options, onFlush);
		return this;
	}
	send(data, options, onFlush) {
		return this.write(data, options, onFlush);
	}
	_sendPacket(type, data, options, onFlush) {
		if (this.readyState.startsWith("clos")) return;
		if (typeof options === "function") {
			onFlush = options;
			options = null;
		}
		const packet = {
			type,
			data,
			options: {
				...options,
				compress: options?.compress !== false
			}
		};
		this.emitReserved("packetCreate", packet);
		this.writeBuffer.push(packet);
		if (onFlush) this.once("flush", onFlush);
		this.flush();
	}
	close() {
		if (!this.readyState.startsWith("clos")) {
			this.readyState = "closing";
			const finish = () => this._onClose("forced close");
			const afterUpgrade = () => {
				if (this.upgrading) this.once("upgrade", finish).once("upgradeError", finish); else finish();
			};
			if (this.writeBuffer.length) this.once("drain", afterUpgrade); else afterUpgrade();
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
		_Socket.priorWebsocketSuccess = false;
		if (this.opts.tryAllTransports && this.transports.length > 1 && this.readyState === "opening") {
			this.transports.shift();
			return this._open();
		}
		this.emitReserved("error", error);
		this._onClose("transport error", error);
	}
	_onClose(reason, description) {
		if (this.readyState === "closed") return;
		log3('socket close with reason: "%s"', reason);
		this.readyState = "closed";
		this.clearTimeoutFn(this._pingTimeoutTimer);
		for (const cleanup of this._cleanups) cleanup();
		if (this.transport) {
			this.transport.off("close");
			this.transport.close();
			this.transport.off();
		}
		this.id = null;
		this.emitReserved("close", reason, description);
		this.writeBuffer = [];
		this._prevBufferLen = 0;
	}
};

_Socket.protocol = 4;

_Socket.priorWebsocketSuccess = false;

var Socket = _Socket;

var WebSocketTransport = class extends Transport {
	get name() {
		return "websocket";
	}
	doOpen() {
		const {extraHeaders, protocols, timestampRequests} = this.opts;
		try {
			const uri = this.createUri("ws", timestampRequests, !this.supportsBinary);
			const ws = this.ws = this.createSocket(uri, protocols, {
				headers: extraHeaders
			});
			ws.binaryType = this.socket.binaryType;
			ws.onopen = () => this.onOpen();
			ws.onmessage = event => this.onData(event.data);
			ws.onerror = event => this.fail(event);
			ws.onclose = event => this.onClose({
				description: "websocket connection closed",
				context: event
			});
		} catch (error) {
			this.setTimeoutFn(() => this.fail(error), 0);
		}
	}
	createSocket(uri, protocols, opts) {
		const Constructor = WebSocket;
		return new Constructor(uri, protocols || [], opts);
	}
	doClose() {
		if (!this.ws) return;
		this.ws.onerror = () => {};
		this.ws.close();
	}
	write(packets) {
		this.writable = false;
		encodePackets(packets, this.supportsBinary, encoded => {
			try {
				for (const data of encoded) this.ws.send(data);
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

if (typeof document === "object") transportsByName.iframe = Iframe;

var LARGEST_EXPONENT = 31;

function backoff(attempts, min, max, jitter) {
	let delay = min * 2 ** Math.min(attempts, LARGEST_EXPONENT);
	if (jitter > 0 && jitter <= 1) {
		const random = Math.random();
		delay *= 1 + random * jitter * (random * 10 & 1 ? 1 : -1);
	}
	return Math.floor(Math.min(delay, max));
}

var protocol = 5;

var RESERVED = /^(connect(_error)?|disconnect(ing)?|(new|remove)Listener)$/;

function isReserved(event) {
	return RESERVED.test(event);
}

var MOST_ATTACHMENTS = 10;

var HEAD = /^([0-6])(?:(\d*)-)?(?:(\/[^,]*),?)?(\d*)/;

var Decoder = class extends Emitter {
	add(data) {
		if (typeof data === "string") this.addText(data); else if (isBinary(data)) this.addAttachment(data); else throw new Error("Unknown type: " + data);
	}
	destroy() {
		this.incomplete = this.buffers = void 0;
	}
	addText(text) {
		if (this.incomplete) throw new Error("got plaintext data when reconstructing a packet");
		const [head, digit, count, nsp = "/", id] = text.startsWith("2[") ? [ "2", "2" ] : HEAD.exec(text) || [];
		if (!head) throw new Error("unknown packet type " + text[0]);
		const json = text.slice(head.length);
		const type = +digit;
		const hasAttachments = type >= 5;
		if (hasAttachments ? !(+count > 0) : count !== void 0) throw new Error("Illegal attachments");
		if (+count > MOST_ATTACHMENTS) throw new Error("too many attachments");
		const packet = {
			type: hasAttachments ? type - 3 : type,
			nsp
		};
		if (id) packet.id = +id;
		if (json) {
			try {
				packet.data = JSON.parse(json);
			} catch {}
			if (!isPayloadValid(packet)) throw new Error("invalid payload");
		}
		if (hasAttachments) {
			this.incomplete = packet;
			this.buffers = [];
			this.expected = +count;
		} else {
			this._fire("$decoded", [ packet ]);
		}
	}
	addAttachment(data) {
		const {incomplete: packet, buffers} = this;
		if (!packet) throw new Error("got binary data when not reconstructing a packet");
		if (buffers.push(data) === this.expected) {
			packet.data = attach(packet.data, buffers);
			this.destroy();
			this._fire("$decoded", [ packet ]);
		}
	}
};

function isPayloadValid({type, data}) {
	if (Array.isArray(data)) {
		const [event] = data;
		if (type !== 2) return type === 3;
		return typeof event === "number" || typeof event === "string" && !isReserved(event);
	}
	if (typeof data === "string") return type === 4;
	return !!data && typeof data === "object" && (type === 0 || type === 4);
}

function attach(value, buffers) {
	if (!value || typeof value !== "object") return value;
	if (value._placeholder === true) {
		const buffer = typeof value.num === "number" && buffers[value.num];
		if (!buffer) throw new Error("illegal attachments");
		return buffer;
	}
	for (const key of Object.keys(value)) value[key] = attach(value[key], buffers);
	return value;
}

var Encoder = class {
	encode(packet) {
		const {type, nsp, id, data} = packet;
		const attachments = [];
		const hasAttachments = (type === 2 || type === 3) && containsBinary(data);
		const json = data == null ? "" : JSON.stringify(data, hasAttachments ? detaching(attachments) : void 0);
		const head = hasAttachments ? type + 3 + `${attachments.length}-` : type;
		return [ head + (nsp && nsp !== "/" ? nsp + "," : "") + (id ?? "") + json, ...attachments ];
	}
};

function detaching(attachments) {
	return function(key, value) {
		const original = this[key];
		return isBinary(original) ? {
			_placeholder: true,
			num: attachments.push(original) - 1
		} : value;
	};
}

function containsBinary(value, fromJSON) {
	if (!value || typeof value !== "object") return false;
	if (isBinary(value)) return true;
	if (typeof value.toJSON === "function" && !fromJSON) return containsBinary(value.toJSON(), true);
	return Object.values(value).some(item => containsBinary(item));
}

var log4 = logOf("socket.io-client:socket");

var reasonOf = ({reason}) => reason || new Error("aborted");

var MAX_BUFFER_SIZE = 1e7;

var Socket2 = class extends Emitter {
	constructor(io2, nsp, opts) {
		super();
		this.connected = false;
		this.recovered = false;
		this.receiveBuffer = [];
		this.sendBuffer = [];
		this._queue = [];
		this.ids = 0;
		this._waiting = 0;
		this.acks = {};
		this.flags = {};
		this._anyListeners = [];
		this._anyOutgoingListeners = [];
		this.io = io2;
		this.nsp = nsp;
		this._opts = {
			...opts
		};
		if (opts?.auth) this.auth = opts.auth;
		if (io2._autoConnect) this.open();
	}
	get disconnected() {
		return !this.connected;
	}
	get active() {
		return !!this.subs;
	}
	connect() {
		const {io: io2} = this;
		const isOpen = io2._readyState === "open";
		if (this.connected || this.subs && isOpen) return this;
		this.subs = this.subs || [ subscribe(io2, "open", () => this.onopen()), subscribe(io2, "packet", packet => this.onpacket(packet)), subscribe(io2, "error", error => !this.connected && this.onerror(error)), subscribe(io2, "close", (reason, description) => this.onclose(reason, description)) ];
		if (!io2._reconnecting) io2.open();
		if (isOpen) this.onopen();
		return this;
	}
	open() {
		return this.connect();
	}
	send(...args) {
		return this.emit("message", ...args);
	}
	emit(event, ...params) {
		if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
		const args = [ event, ...params ];
		const {flags, io: io2} = this;
		this.flags = {};
		if (flags.signal?.aborted) throw reasonOf(flags.signal);
		if (this._opts.retries && !flags.fromQueue && !flags.volatile) {
			this._addToQueue(args, flags);
			return this;
		}
		const packet = {
			type: 2,
			nsp: this.nsp,
			data: args,
			options: {
				compress: flags.compress !== false
			}
		};
		const isConnected = this.connected && !io2.engine._hasPingExpired();
		const ack = takeAck(args);
		const size = isConnected || flags.volatile ? 0 : this._reserve(args);
		if (ack) {
			packet.id = this.ids++;
			this._registerAck(packet.id, ack, flags);
		}
		if (flags.volatile && !(isConnected && io2.engine.transport.writable)) {
			log4("discard packet as the transport is not currently writable");
			return this;
		}
		if (isConnected) this._send(packet); else this.sendBuffer.push({
			...packet,
			size,
			signal: flags.signal
		});
		return this;
	}
	emitWithAck(event, ...args) {
		return new Promise((resolve2, reject) => {
			const ack = (error, value) => error ? reject(error) : resolve2(value);
			ack.withError = true;
			this.emit(event, ...[ ...args, ack ]);
		});
	}
	_registerAck(id, ack, {timeout = this._opts.ackTimeout, signal}) {
		if (timeout === void 0 && !signal) {
			this.acks[id] = ack;
			return;
		}
		const fail = error => {
			this.sendBuffer = this.sendBuffer.filter(packet => packet.id !== id || !(this._waiting -= packet.size, 
			1));
			delete this.acks[id];
			settle(error);
		};
		const abort = () => fail(reasonOf(signal));
		const timer = timeout !== void 0 && this.io.setTimeoutFn(() => fail(new Error("operation has timed out")), timeout);
		signal?.addEventListener("abort", abort);
		const settle = (...args) => {
			this.io.clearTimeoutFn(timer);
			signal?.removeEventListener("abort", abort);
			ack.apply(this, args);
		};
		settle.withError = true;
		this.acks[id] = settle;
	}
	_addToQueue(args, flags) {
		const ack = takeAck(args);
		const queued = {
			args,
			flags: {
				fromQueue: true,
				...flags
			},
			pending: false,
			tryCount: 0,
			size: this.connected ? 0 : this._reserve(args)
		};
		const {signal} = flags;
		const finish = (...response) => {
			this._queue.splice(this._queue.indexOf(queued), 1);
			this._waiting -= queued.size;
			signal?.removeEventListener("abort", abort);
			if (ack) call(this, ack, response);
			this._drainQueue();
		};
		const abort = () => finish(reasonOf(signal));
		signal?.addEventListener("abort", abort);
		const settle = (error, ...response) => {
			if (queued !== this._queue[0]) return;
			queued.pending = false;
			if (!error || queued.tryCount > this._opts.retries) finish(error, ...response); else this._drainQueue();
		};
		settle.withError = true;
		args.push(settle);
		this._queue.push(queued);
		this._drainQueue();
	}
	_drainQueue(force) {
		const [queued] = this._queue;
		if (!queued || queued.pending && !force || !this.connected || this.io.engine._hasPingExpired()) return;
		if (queued.flags.signal?.aborted) return;
		queued.pending = true;
		queued.tryCount++;
		this.flags = queued.flags;
		this.emit(...queued.args);
	}
	_reserve(data) {
		const {io: io2, nsp} = this;
		if (!this.sendBuffer.length && !this._queue.length) this._waiting = 0;
		let size = 0;
		for (const part of io2["encoder"].encode({
			type: 2,
			nsp,
			data
		})) {
			size += part.byteLength ?? part.size ?? part.length;
		}
		if (this._waiting + size > (this._opts.maxBufferSize ?? MAX_BUFFER_SIZE)) {
			throw failure("too much waits for the connection", {
				code: "buffer_full"
			});
		}
		this._waiting += size;
		return size;
	}
	_send(packet) {
		for (const listener of [ ...this._anyOutgoingListeners ]) call(this, listener, packet.data);
		this.packet(packet);
	}
	packet(packet) {
		this.io._packet(packet);
	}
	onopen() {
		const {io: io2, auth} = this;
		const {engine} = io2;
		let sent = false;
		const connect = data => {
			if (sent || io2.engine !== engine || !this.subs) return;
			sent = true;
			this.packet({
				type: 0,
				nsp: this.nsp,
				data: this._pid ? {
					pid: this._pid,
					offset: this._lastOffset,
					...data
				} : data
			});
		};
		log4("transport is open - connecting");
		if (typeof auth === "function") auth(connect); else connect(auth);
	}
	onerror(error) {
		if (!this.isWarned && !this.hasListeners("connect_error")) {
			this.isWarned = true;
			console.warn("connect_error", error);
		}
		this.emitReserved("connect_error", error);
	}
	onclose(reason, description) {
		log4("close (%s)", reason);
		this.connected = false;
		this.id = void 0;
		this.emitReserved("disconnect", reason, description);
		for (const id of Object.keys(this.acks)) {
			if (this.sendBuffer.some(packet => "" + packet.id === id)) continue;
			const ack = this.acks[id];
			delete this.acks[id];
			if (ack.withError) call(this, ack, [ new Error("socket has been disconnected") ]);
		}
	}
	onpacket(packet) {
		const {type, nsp, data} = packet;
		if (nsp !== this.nsp) return;
		if (type === 0) {
			if (this.io._readyState !== "open") return;
			if (data?.sid) this.onconnect(data.sid, data.pid); else this.onerror(failure(VERSION_MISMATCH, {
				cause: because("engine_3")
			}));
		} else if (type === 2 || type === 5) {
			this.onevent(packet);
		} else if (type === 3 || type === 6) {
			this.onack(packet);
		} else if (type === 1) {
			this.destroy();
			this.onclose("io server disconnect");
		} else if (type === 4) {
			this.destroy();
			const {message = data, data: details} = data || {};
			this.onerror(failure(message, {
				data: details
			}));
		}
	}
	onevent({id, data}) {
		const args = data || [];
		const last = args[args.length - 1];
		log4("emitting event %j", args);
		if (this._pid && id == null && typeof last === "string") this._lastOffset = last;
		if (id != null) args.push(this.ack(id));
		if (this.connected) this.emitEvent(args); else this.receiveBuffer.push(args);
	}
	emitEvent(args) {
		for (const listener of [ ...this._anyListeners ]) call(this, listener, args);
		this._fire("$" + args[0], args.slice(1));
	}
	ack(id) {
		const {engine} = this.io;
		let sent = false;
		return (...args) => {
			if (sent || !this.connected || engine !== this.io.engine) return;
			sent = true;
			this.packet({
				type: 3,
				nsp: this.nsp,
				id,
				data: args
			});
		};
	}
	onack({id, data}) {
		const ack = this.acks[id];
		if (!ack) return;
		delete this.acks[id];
		ack.apply(this, ack.withError ? [ null, ...data || [] ] : data || []);
	}
	onconnect(id, pid) {
		log4("socket connected with id %s", id);
		this.id = id;
		this.recovered = !!pid && this._pid === pid;
		this._pid = pid;
		this.connected = true;
		while (this.connected && this.receiveBuffer.length) this.emitEvent(this.receiveBuffer.shift());
		while (this.connected && this.sendBuffer.length) {
			const {size, signal, ...packet} = this.sendBuffer.shift();
			this._waiting -= size;
			if (!signal?.aborted) this._send(packet);
		}
		this._drainQueue(true);
		if (this.connected) this.emitReserved("connect");
	}
	destroy() {
		for (const unsubscribe of this.subs || []) unsubscribe();
		this.subs = void 0;
		this.io._destroy();
	}
	disconnect() {
		if (this.connected) this.packet({
			type: 1,
			nsp: this.nsp
		});
		this.destroy();
		if (this.connected) this.onclose("io client disconnect");
		return this;
	}
	close() {
		return this.disconnect();
	}
	[Symbol.dispose]() {
		this.disconnect();
	}
	compress(compress) {
		this.flags.compress = compress;
		return this;
	}
	get volatile() {
		this.flags.volatile = true;
		return this;
	}
	timeout(timeout) {
		this.flags.timeout = timeout;
		return this;
	}
	signal(signal) {
		this.flags.signal = signal;
		return this;
	}
};

for (const kind of [ "Any", "AnyOutgoing" ]) {
	const methods2 = Socket2.prototype;
	const field = `_a${kind.slice(1)}Listeners`;
	methods2["on" + kind] = function(listener) {
		this[field].push(listener);
		return this;
	};
	methods2["prepend" + kind] = function(listener) {
		this[field].unshift(listener);
		return this;
	};
	methods2["off" + kind] = function(listener) {
		const index = this[field].indexOf(listener);
		this[field] = listener ? this[field].filter((_, i) => i !== index) : [];
		return this;
	};
	methods2["listeners" + kind] = function() {
		return this[field];
	};
}

function takeAck(args) {
	return typeof args[args.length - 1] === "function" ? args.pop() : void 0;
}

var VERSION_MISMATCH = "It seems you are trying to reach a Socket.IO server in v2.x with a v3.x client, but they are not compatible (more information here: https://socket.io/docs/v3/migrating-from-2-x-to-3-0/)";

var log5 = logOf("socket.io-client:manager");

var ACCESSORS = [ [ "reconnection", true ], [ "reconnectionAttempts", Infinity, true ], [ "reconnectionDelay", 1e3, true ], [ "reconnectionDelayMax", 5e3, true ], [ "randomizationFactor", .5 ], [ "timeout", 2e4 ] ];

var Manager = class extends Emitter {
	constructor(uri, opts = {}) {
		super();
		this.transports = [];
		this._readyState = "closed";
		this._reconnecting = false;
		this.nsps = {};
		this.subs = [];
		this.attempts = 0;
		this.skipReconnect = false;
		if (uri && typeof uri === "object") {
			opts = uri;
			uri = void 0;
		}
		opts.path = opts.path || "/socket.io";
		this.uri = uri;
		this.opts = opts;
		installTimers(this, opts);
		for (const [name, value, isZeroNothing] of ACCESSORS) {
			const given = opts[name];
			this["_" + name] = isZeroNothing ? given || value : given ?? value;
		}
		const parser = opts.parser || {
			Encoder,
			Decoder
		};
		this.encoder = new parser.Encoder;
		this.decoder = new parser.Decoder;
		this._autoConnect = opts.autoConnect !== false;
		if (this._autoConnect) this.open();
	}
	open(callback) {
		if (this._readyState !== "closed") return this;
		log5("opening %s", this.uri);
		const engine = this.engine = new Socket(this.uri, this.opts);
		this._readyState = "opening";
		this.skipReconnect = false;
		const onError = error => {
			this.cleanup();
			this._readyState = "closed";
			this.emitReserved("error", error);
			if (callback) callback(error); else if (this._readyState === "closed" && !this.attempts) this.reconnect();
		};
		this.subs.push(subscribe(engine, "open", () => {
			this.onopen();
			callback?.();
		}), subscribe(engine, "error", onError), subscribe(engine, "close", (reason, description) => onError(failure(reason, {
			description,
			cause: because("closed_early")
		}))));
		if (this._timeout !== false) {
			const timer = this.setTimeoutFn(() => {
				this.cleanup();
				engine.close();
				onError(failure("timeout", {
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
		if (!socket) {
			socket = this.nsps[nsp] = new Socket2(this, nsp, opts);
		} else if (this._autoConnect && !socket.active) {
			socket.connect();
		}
		return socket;
	}
	_destroy() {
		if (!Object.values(this.nsps).some(socket => socket.active)) this._close();
	}
	_packet(packet) {
		log5("writing packet %j", packet);
		for (const encoded of this.encoder.encode(packet)) this.engine.write(encoded, packet.options);
	}
	_close() {
		this.skipReconnect = true;
		this._reconnecting = false;
		this.onclose("forced close");
	}
	disconnect() {
		this._close();
	}
	onopen() {
		this.cleanup();
		const {engine, decoder} = this;
		log5("open");
		this._readyState = "open";
		this.note("open", engine.transport.name);
		this.subs.push(subscribe(engine, "upgrade", ({name}) => this.note("upgrade", name)), subscribe(engine, "upgradeError", ({message, transport}) => this.note(message, engine.transport.name, transport)), subscribe(engine, "ping", () => this.emitReserved("ping")), subscribe(engine, "data", data => this.ondata(data)), subscribe(engine, "error", error => this.emitReserved("error", error)), subscribe(engine, "close", (reason, description) => this.onclose(reason, description)), subscribe(decoder, "decoded", packet => {
			Promise.resolve().then(() => this._fire("$packet", [ packet ]));
		}));
		this.emitReserved("open");
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
		for (const unsubscribe of this.subs.splice(0)) unsubscribe();
		this.decoder.destroy();
	}
	onclose(reason, description) {
		log5("closed due to %s", reason);
		this.cleanup();
		this.engine?.close();
		this.attempts = 0;
		if (this._readyState === "open") this.note(reason);
		this._readyState = "closed";
		this.emitReserved("close", reason, description);
		this.reconnect();
	}
	isStopped() {
		return this.skipReconnect || !this._reconnection;
	}
	reconnect() {
		if (this._reconnecting || this.isStopped()) return;
		if (this.attempts >= this._reconnectionAttempts) {
			log5("reconnect failed");
			this.attempts = 0;
			this.emitReserved("reconnect_failed");
			return;
		}
		this._reconnecting = true;
		const delay = backoff(this.attempts++, this._reconnectionDelay, this._reconnectionDelayMax, this._randomizationFactor);
		log5("will wait %dms before reconnect attempt", delay);
		const attempt = () => {
			stop();
			if (!this.isStopped()) this.emitReserved("reconnect_attempt", this.attempts);
			if (this.isStopped()) this._reconnecting = false; else this.open(error => this.onattempt(error));
		};
		const watch = moment => {
			if (moment === "online" || moment === "pageshow") attempt();
		};
		const timer = this.setTimeoutFn(attempt, delay);
		watchers.add(watch);
		const stop = () => {
			this.clearTimeoutFn(timer);
			watchers.delete(watch);
		};
		this.subs.push(stop);
	}
	onattempt(error) {
		this._reconnecting = false;
		if (error) {
			this.reconnect();
			this.emitReserved("reconnect_error", error);
		} else {
			const {attempts} = this;
			this.attempts = 0;
			this.emitReserved("reconnect", attempts);
		}
	}
};

for (const [name] of ACCESSORS) {
	Manager.prototype[name] = function(value) {
		if (value === void 0) return this["_" + name];
		this["_" + name] = value;
		return this;
	};
}

var log6 = logOf("socket.io-client");

var cache = {};

function lookup(uri, opts = {}) {
	if (uri && typeof uri === "object") {
		opts = uri;
		uri = void 0;
	}
	const {id, path, query, source} = resolve(uri, opts.path || "/socket.io");
	const shared = cache[id];
	const isOwn = opts.forceNew || opts.multiplex === false || shared && path in shared["nsps"];
	log6(isOwn || !shared ? "new io instance for %s" : "sharing the connection to %s", source);
	const manager = !isOwn && shared || new Manager(source, opts);
	if (!isOwn) cache[id] = manager;
	if (query && !opts.query) opts.query = decodeQuery(query);
	return manager.socket(path, opts);
}

var io = Object.assign(lookup, {
	Manager,
	Socket: Socket2,
	io: lookup,
	connect: lookup,
	protocol
});

var WebTransportTransport = class extends Transport {
	get name() {
		return "webtransport";
	}
};

var WebTransport = WebTransportTransport;

export { Polling as Fetch, Iframe, Manager, WebSocketTransport as NodeWebSocket, Polling as NodeXHR, Socket2 as Socket, Streaming, WebSocketTransport as WebSocket, WebTransport, Polling as XHR, io as connect, io as default, io, protocol };
//# sourceMappingURL=debug.mjs.map
