// Where Sockeye does otherwise than the npm packages, on purpose: reason, cases, and what Sockeye does in each.
export const differences = [
  {
    reason: "a parameter that comes twice counts as its first value; the reference's query parser makes a list of both, or joins them, which no client means",
    cases: {
      "engine4 requests: GET ?EIO=4&EIO=3&transport=polling": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
      "engine4 requests: upgrade ?EIO=4&EIO=3&transport=polling": "refused 400 Bad request",
      "engine4 requests: GET ?EIO=4&transport=polling&transport=websocket": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
      "engine4 requests: upgrade ?EIO=4&transport=polling&transport=websocket": "refused 400 Bad request",
      "engine3 requests: GET ?EIO=4&EIO=3&transport=polling": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
      "engine3 requests: upgrade ?EIO=4&EIO=3&transport=polling": "refused 400 Bad request",
      "engine3 requests: GET ?EIO=4&transport=polling&transport=websocket": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
      "engine3 requests: upgrade ?EIO=4&transport=polling&transport=websocket": "refused 400 Bad request",
    },
  },
  {
    reason: "an upgrade asked with transport=polling is refused before the 101, so that the client learns why; the reference accepts it and closes",
    cases: {
      "engine4 requests: upgrade ?transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=4&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?transport=polling&EIO=4&t=1&x=%20&y=": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=3&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=5&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=4x&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=4&transport=polling&sid=": "refused 400 Bad request",
      "engine4 requests: upgrade ?eio=4&transport=polling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=%34&transport=%70olling": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=4&transport=polling&b64=1": "refused 400 Bad request",
      "engine4 requests: upgrade ?EIO=4&transport=polling&j=0": "refused 400 Bad request",
      "engine3 requests: upgrade ?transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=4&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?transport=polling&EIO=4&t=1&x=%20&y=": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=3&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=5&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=4x&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=4&transport=polling&sid=": "refused 400 Bad request",
      "engine3 requests: upgrade ?eio=4&transport=polling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=%34&transport=%70olling": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=4&transport=polling&b64=1": "refused 400 Bad request",
      "engine3 requests: upgrade ?EIO=4&transport=polling&j=0": "refused 400 Bad request",
    },
  },
  {
    reason: "JSONP is for clients of Engine.IO 3, which alone ask for it; clients of Engine.IO 4 have none",
    cases: {
      "engine4 requests: GET ?EIO=4&transport=polling&j=0": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
      "engine3 requests: GET ?EIO=4&transport=polling&j=0": {"status":200,"headers":{"access-control-allow-origin":"*","cache-control":"no-store","content-type":"text/plain; charset=UTF-8"},"body":"0{\"sid\":<sid>,\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":1000000}"},
    },
  },
  {
    reason: "a preflight allows the methods that there are, GET and POST, and names no header in Vary that the request does not have; the npm package cors lists six by default",
    cases: {
      "engine4 requests: OPTIONS of a living session": {"status":204,"headers":{"access-control-allow-methods":"GET,POST","access-control-allow-origin":"*"},"body":""},
      "engine4 requests: CORS: OPTIONS": {"status":204,"headers":{"access-control-allow-methods":"GET,POST","access-control-allow-origin":"*"},"body":""},
      "engine4 requests: CORS: OPTIONS with an origin": {"status":204,"headers":{"access-control-allow-methods":"GET,POST","access-control-allow-origin":"*"},"body":""},
      "engine4 requests: CORS: OPTIONS with a preflight": {"status":204,"headers":{"access-control-allow-headers":"x-token, content-type","access-control-allow-methods":"GET,POST","access-control-allow-origin":"*","vary":"access-control-request-headers"},"body":""},
      "engine4 requests: CORS: OPTIONS of origin null": {"status":204,"headers":{"access-control-allow-methods":"GET,POST","access-control-allow-origin":"*"},"body":""},
      "engine4 requests: CORS: OPTIONS with cookies": {"status":204,"headers":{"access-control-allow-methods":"GET,POST","access-control-allow-origin":"*"},"body":""},
    },
  },
  {
    reason: "a header for browsers that are no longer there",
    cases: {
      "engine4 requests: X-XSS-Protection for MSIE": "none",
      "engine4 requests: X-XSS-Protection for Trident": "none",
    },
  },
  {
    reason: "* leaves the choice to the server, which chooses to send the answer as it is",
    cases: {
      "engine4 requests: a long answer for Accept-Encoding *": [200,"none"],
    },
  },
  {
    reason: "the browser client's files are compressed ahead of time, by brotli and gzip; the reference compresses at each request, by gzip and deflate",
    cases: {
      "socketio5 requests: client file for Accept-Encoding deflate": "none",
      "socketio5 requests: client file for Accept-Encoding gzip, br": "br",
    },
  },
  {
    reason: "a payload of Engine.IO 3 that is malformed ends the session, as the protocol's document says; the reference's parser reads some of them as far as it can, and says nothing",
    cases: {
      "engine3 engine3: payload malformed \"2 :4a\"": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
      "engine3 engine3: payload malformed \"1:b\"": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
      "engine3 engine3: binary payload with a length of eleven digits": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
      "engine3 engine3: binary payload with too short": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
      "engine3 engine3: binary payload with a reserved kind": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
      "engine3 engine3: binary payload with an unknown packet": ["200 ok","400 {\"code\":1,\"message\":\"Session ID unknown\"}"],
    },
  },
  {
    reason: "a WebSocket message of Engine.IO 3 that is no packet ends the session, as over polling; the reference ignores it",
    cases: {
      "engine3 engine3: frame of bytes of an unknown packet": ["closed 1005"],
      "engine3 engine3: frame of no type": ["closed 1005"],
    },
  },
  {
    reason: "an id that is no whole number JavaScript can hold exactly would be answered with another id: it closes the connection",
    cases: {
      "socketio5 packets: ack id \"9007199254740993\", websocket": ["closed 1005"],
      "socketio5 packets: ack id \"9007199254740993\", polling": ["200 ok","1"],
      "socketio5 packets: ack id \"123456789012345678901234567890\", websocket": ["closed 1005"],
      "socketio5 packets: ack id \"123456789012345678901234567890\", polling": ["200 ok","1"],
      "socketio5 packets: ack id \"1 2\", websocket": ["closed 1005"],
      "socketio5 packets: ack id \"1 2\", polling": ["200 ok","1"],
    },
  },
  {
    reason: "the handler's type keeps the order and the doubles of keys as they came; a JavaScript object sorts and merges them",
    cases: {
      "socketio5 packets: value \"{\\\"a\\\":1,\\\"a\\\":2}\", websocket": ["42[\"message-back\",{\"a\":1,\"a\":2}]","43999[\"alive\"]"],
      "socketio5 packets: value \"{\\\"a\\\":1,\\\"a\\\":2}\", polling": ["200 ok","42[\"message-back\",{\"a\":1,\"a\":2}]","43999[\"alive\"]"],
      "socketio5 packets: value \"{\\\"2\\\":1,\\\"1\\\":2}\", websocket": ["42[\"message-back\",{\"2\":1,\"1\":2}]","43999[\"alive\"]"],
      "socketio5 packets: value \"{\\\"2\\\":1,\\\"1\\\":2}\", polling": ["200 ok","42[\"message-back\",{\"2\":1,\"1\":2}]","43999[\"alive\"]"],
    },
  },
  {
    reason: "a value stays what the handler's type makes of it, here one that keeps numbers apart; what it cannot hold is an error of that event, which is counted, and the connection stays",
    cases: {
      "socketio5 packets: value \"1.0\", websocket": ["42[\"message-back\",1.0]","43999[\"alive\"]"],
      "socketio5 packets: value \"1.0\", polling": ["200 ok","42[\"message-back\",1.0]","43999[\"alive\"]"],
      "socketio5 packets: value \"-0\", websocket": ["42[\"message-back\",-0.0]","43999[\"alive\"]"],
      "socketio5 packets: value \"-0\", polling": ["200 ok","42[\"message-back\",-0.0]","43999[\"alive\"]"],
      "socketio5 packets: value \"1e400\", websocket": ["43999[\"alive\"]"],
      "socketio5 packets: value \"1e400\", polling": ["200 ok","43999[\"alive\"]"],
      "socketio5 packets: value \"-1e400\", websocket": ["43999[\"alive\"]"],
      "socketio5 packets: value \"-1e400\", polling": ["200 ok","43999[\"alive\"]"],
      "socketio5 packets: value \"9007199254740993\", websocket": ["42[\"message-back\",9007199254740993]","43999[\"alive\"]"],
      "socketio5 packets: value \"9007199254740993\", polling": ["200 ok","42[\"message-back\",9007199254740993]","43999[\"alive\"]"],
      "socketio5 packets: value \"18446744073709551615\", websocket": ["42[\"message-back\",18446744073709551615]","43999[\"alive\"]"],
      "socketio5 packets: value \"18446744073709551615\", polling": ["200 ok","42[\"message-back\",18446744073709551615]","43999[\"alive\"]"],
      "socketio5 packets: value \"100000000000000000000\", websocket": ["42[\"message-back\",1e+20]","43999[\"alive\"]"],
      "socketio5 packets: value \"100000000000000000000\", polling": ["200 ok","42[\"message-back\",1e+20]","43999[\"alive\"]"],
      "socketio5 packets: value \"\\\"\\\\ud800\\\"\", websocket": ["43999[\"alive\"]"],
      "socketio5 packets: value \"\\\"\\\\ud800\\\"\", polling": ["200 ok","43999[\"alive\"]"],
      "socketio5 packets: value \"1E2\", websocket": ["42[\"message-back\",100.0]","43999[\"alive\"]"],
      "socketio5 packets: value \"1E2\", polling": ["200 ok","42[\"message-back\",100.0]","43999[\"alive\"]"],
    },
  },
  {
    reason: "an attachment's index is a whole number; the reference hands the handler null",
    cases: {
      "socketio5 packets: placeholder of index 0.5, websocket": ["closed 1005"],
      "socketio5 packets: placeholder of index 0.5, polling": ["200 ok","1"],
    },
  },
  {
    reason: "the number of attachments is written in digits; the reference reads whatever Number() takes",
    cases: {
      "socketio5 packets: attachments announced as 451e0-, websocket": ["closed 1005"],
      "socketio5 packets: attachments announced as 451e0-, polling": ["200 ok","1"],
      "socketio5 packets: attachments announced as 45 1-, websocket": ["closed 1005"],
      "socketio5 packets: attachments announced as 45 1-, polling": ["200 ok","1"],
    },
  },
  {
    reason: "the handlers of the packets before a bad one in the same body run; the reference dispatches a tick later, and drops them",
    cases: {
      "socketio5 packets: one attachment too many, websocket": ["451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]","<010203>","closed 1005"],
      "socketio5 packets: one attachment too many, polling": ["200 ok","451-[\"message-back\",{\"_placeholder\":true,\"num\":0}]","bAQID","1"],
    },
  },
  {
    reason: "recovery works too when the client has received no event before: it is sent all that it missed",
    cases: {
      "recovery recovery: without an offset a new session begins": ["40 old sid, old pid","42[\"auth\",{},<offset>]","42[\"auth\",{…},<offset>]"],
      "recovery recovery: an offset of null begins a new session": ["40 old sid, old pid","42[\"auth\",{},<offset>]","42[\"auth\",{…},<offset>]"],
    },
  },
  {
    reason: "a client that comes back while its old connection still looks alive takes the session over; the reference gives it a new one",
    cases: {
      "recovery recovery: the old socket still looks alive": ["40 old sid, old pid","42[\"auth\",{…},<offset>]"],
    },
  },
  {
    reason: "over WebSocket the client is told that it was recovered (CONNECT) before it is sent what it has missed, so that its handlers are there",
    cases: {
      "recovery recovery: who missed events gets them": ["40 old sid, old pid","42[\"message-back\",1,<offset>]","42[\"message-back\",2,<offset>]","42[\"auth\",{…},<offset>]"],
      "recovery recovery: a session is asked for twice": [["40 old sid, old pid","42[\"auth\",{…},<offset>]"],["40 old sid, old pid","42[\"auth\",{…},<offset>]","42[\"auth\",{…},<offset>]"]],
    },
  },
];
