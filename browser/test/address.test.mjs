import assert from "node:assert/strict";
import { test } from "node:test";
import { compiled } from "./compiled.mjs";

const { decodeQuery, encodeQuery, parse, resolve } = await compiled("address.ts");
const page = { protocol: "https:", host: "example.com:8443" };

for (const [given, expected] of [
  ["http://localhost:3000/a?x=1#y", { protocol: "http", host: "localhost", port: "3000", path: "/a", query: "x=1" }],
  ["wss://example.com", { protocol: "wss", host: "example.com", port: "", path: "", query: "" }],
  ["https://[::1]:3000/nsp", { protocol: "https", host: "::1", port: "3000", path: "/nsp", query: "" }],
  ["http://user:secret@example.com:81/", { protocol: "http", host: "example.com", port: "81", path: "/", query: "" }],
  ["example.com:81", { protocol: "", host: "example.com", port: "81", path: "", query: "" }],
  ["http://h/ä ö/../b", { protocol: "http", host: "h", port: "", path: "/ä ö/../b", query: "" }],
]) {
  test(`parse ${given}`, () => assert.deepEqual(parse(given), expected));
}

for (const [given, base, source, id, path] of [
  [undefined, page, "https://example.com:8443/", "https://example.com:8443/p", "/"],
  ["/admin", page, "https://example.com:8443/admin", "https://example.com:8443/p", "/admin"],
  ["//other.org/admin", page, "https://other.org/admin", "https://other.org:443/p", "/admin"],
  ["other.org:81", page, "https://other.org:81", "https://other.org:81/p", "/"],
  ["other.org", { protocol: "http:", host: "h" }, "http://other.org", "http://other.org:80/p", "/"],
  ["localhost:1", { protocol: "file:", host: "" }, "http://localhost:1", "http://localhost:1/p", "/"],
  ["other.org", undefined, "https://other.org", "https://other.org:443/p", "/"],
  ["http://other.org", page, "http://other.org", "http://other.org:80/p", "/"],
  ["ws://other.org:80/n", page, "ws://other.org:80/n", "ws://other.org:80/p", "/n"],
  ["http://[::1]/", page, "http://[::1]/", "http://[::1]:80/p", "/"],
]) {
  test(`resolve ${given} on ${base && base.protocol}`, () => {
    const target = resolve(given, "/p", base);
    assert.deepEqual([target.source, target.id, target.path], [source, id, path]);
  });
}

test("the port that a scheme implies makes the same connection", () => {
  assert.equal(resolve("https://a.org", "/p").id, resolve("https://a.org:443/x", "/p").id);
  assert.notEqual(resolve("https://a.org", "/p").id, resolve("https://a.org", "/q").id);
});

test("queries", () => {
  assert.equal(encodeQuery({ a: "1 2", "b&": "ü=", n: 3 }), "a=1%202&b%26=%C3%BC%3D&n=3");
  assert.deepEqual(decodeQuery("a=1%202&token=x=y=&plus=a+b&broken=%zz"), {
    a: "1 2",
    token: "x=y=",
    plus: "a+b",
    broken: "%zz",
  });
  assert.deepEqual(decodeQuery(""), {});
});
