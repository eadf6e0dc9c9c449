"""python-socketio's clients against a server of CONTRACT.md: SERVER_URL says where it listens."""

import asyncio
import os
import threading
import unittest

import engineio.payload
import socketio

# This client refuses an answer of more than 16 packets, which any server may send that had more to say.
engineio.payload.Payload.max_decode_packets = 10_000

URL = os.environ["SERVER_URL"]
WAIT = 5


class Client:
    """A threaded client whose events are queued by name."""

    def __init__(self, transports, namespace="/", **options):
        self.namespace = namespace
        self.heard = []
        self.arrived = threading.Condition()
        self.sio = socketio.Client(reconnection=False)
        self.sio.on("*", self._event, namespace=namespace)
        self.sio.on("disconnect", lambda *args: self._event("disconnect"), namespace=namespace)
        self.sio.connect(URL, transports=transports, namespaces=[namespace], wait_timeout=WAIT, **options)

    def _event(self, name, *args):
        with self.arrived:
            self.heard.append((name, *args))
            self.arrived.notify_all()

    def emit(self, name, *args):
        data = None if not args else args[0] if len(args) == 1 else args
        self.sio.emit(name, data, namespace=self.namespace)

    def call(self, name, *args):
        data = None if not args else args[0] if len(args) == 1 else args
        return self.sio.call(name, data, namespace=self.namespace, timeout=WAIT)

    def until(self, count, name):
        def found():
            return [args for event, *args in self.heard if event == name]

        with self.arrived:
            if not self.arrived.wait_for(lambda: len(found()) >= count, WAIT):
                raise AssertionError(f"{len(found())} of {count} {name!r}: {self.heard[-5:]}")
            return found()


class Contract:
    transports = None

    def connect(self, *args, **kwargs):
        client = Client(self.transports, *args, **kwargs)
        self.addCleanup(client.sio.disconnect)
        return client

    def test_transport(self):
        expected = "polling" if self.transports == ["polling"] else "websocket"
        self.assertEqual(self.connect().sio.transport(), expected)

    def test_messages_both_ways_in_order(self):
        client = self.connect()
        for n in range(300):
            client.emit("number", n)
        self.assertEqual(client.until(300, "number"), [[n] for n in range(300)])
        client.emit("message", {"a": [1, "é", None]})
        self.assertEqual(client.until(1, "message"), [[{"a": [1, "é", None]}]])

    def test_several_arguments_and_none(self):
        client = self.connect()
        client.emit("pair", "a", 2)
        self.assertEqual(client.until(1, "pair"), [[2, "a"]])
        client.emit("nothing")
        self.assertEqual(client.until(1, "nothing"), [[]])

    def test_acks(self):
        client = self.connect()
        self.assertEqual(client.call("ack one", {"x": 1}), {"x": 1})
        self.assertEqual(tuple(client.call("ack two", 1, 2)), (2, 1))
        self.assertIsNone(client.call("ack none"))
        self.assertEqual(client.call("ack error", "why"), {"error": "refused: why"})
        with self.assertRaises(socketio.exceptions.TimeoutError):
            client.sio.call("unheard", timeout=0.2)

    def test_question_of_the_server(self):
        client = self.connect()
        client.sio.on("question", lambda value: value * 2)
        client.emit("ask one", 21)
        self.assertEqual(client.until(1, "answer"), [[{"value": 42}]])

    def test_binary(self):
        client = self.connect()
        client.emit("blob", b"\x00\x01\xff")
        self.assertEqual(client.until(1, "blob"), [[b"\x00\x01\xff"]])
        parcel = {"name": "p", "parts": [{"n": 1, "data": b"one"}, {"n": 2, "data": b"two"}]}
        parcel_back = client.call("parcel ack", parcel)
        self.assertEqual([part["data"] for part in parcel_back["parts"]], [b"two", b"one"])

    def test_rooms(self):
        ann, bob = self.connect(), self.connect()
        self.assertIn("room", bob.call("join", "room"))
        ann.emit("to", {"rooms": ["room"], "text": "hi"})
        self.assertEqual(bob.until(1, "heard"), [["hi"]])
        ann.call("ack one", 1)
        self.assertEqual([event for event, *_ in ann.heard], [])

    def test_namespace(self):
        client = self.connect("/custom")
        self.assertEqual(client.until(1, "hello"), [["/custom"]])

    def test_refused(self):
        with self.assertRaises(socketio.exceptions.ConnectionError):
            self.connect("/guarded", auth={"token": "wrong"})
        with self.assertRaises(socketio.exceptions.ConnectionError):
            self.connect("/unknown")

    def test_auth(self):
        client = self.connect("/guarded", auth={"token": "secret", "name": "ann"})
        self.assertEqual(client.call("whoami"), {"name": "ann"})

    def test_disconnected_by_the_server(self):
        client = self.connect()
        client.emit("leave me")
        client.until(1, "disconnect")

    def test_asyncio(self):
        async def talk():
            client = socketio.AsyncClient(reconnection=False)
            await client.connect(URL, transports=self.transports, wait_timeout=WAIT)
            self.assertEqual(await client.call("ack one", "async", timeout=WAIT), "async")
            await client.disconnect()

        asyncio.run(talk())


class Polling(Contract, unittest.TestCase):
    transports = ["polling"]


class WebSocket(Contract, unittest.TestCase):
    transports = ["websocket"]


class Upgrading(Contract, unittest.TestCase):
    transports = ["polling", "websocket"]


if __name__ == "__main__":
    unittest.main(verbosity=1)
