import { expect, test } from "bun:test";

import { ManualClock } from "../clock.ts";
import { PeerClocks } from "./peer-clocks.ts";

const MINUTE = 60_000;

function house() {
  const clock = new ManualClock();
  let running = 0;
  const peers = new PeerClocks(clock, () => running);
  const at = (ms: number) => new Date(clock.now() + ms).toUTCString();
  return { clock, peers, at, run: (ms: number) => void (running += ms) };
}

test("a server's clock is what its Date says, against ours", () => {
  const { peers, at } = house();
  peers.note("https://a.example/hooks", at(0));
  peers.note("http://b.example:8080", at(-120 * MINUTE));
  peers.note("https://c.example/", "no date");
  expect(peers.all).toEqual([
    { origin: "https://a.example", ahead: 500 },
    { origin: "http://b.example:8080", ahead: 500 - 120 * MINUTE },
  ]);
});

test("what one said counts from then on, also when our clock is set", () => {
  const { peers, at, run, clock } = house();
  peers.note("https://a.example/", at(0));
  clock.advance(120 * MINUTE);
  expect(peers.all).toEqual([{ origin: "https://a.example", ahead: 500 - 120 * MINUTE }]);
  clock.advance(-120 * MINUTE);
  expect(peers.all).toEqual([{ origin: "https://a.example", ahead: 500 }]);
  run(10 * MINUTE);
  clock.advance(10 * MINUTE);
  expect(peers.all).toEqual([{ origin: "https://a.example", ahead: 500 }]);
});

test("each is looked at once a minute, and forgotten after an hour", () => {
  const { peers, at, run, clock } = house();
  const pass = (ms: number) => {
    run(ms);
    clock.advance(ms);
  };
  peers.note("https://a.example/", at(0));
  peers.note("https://a.example/", at(MINUTE));
  expect(peers.all).toEqual([{ origin: "https://a.example", ahead: 500 }]);
  pass(MINUTE);
  peers.note("https://a.example/", at(MINUTE));
  expect(peers.all).toEqual([{ origin: "https://a.example", ahead: 500 + MINUTE }]);
  pass(60 * MINUTE);
  expect(peers.all).toEqual([]);
});

test("of many the hundred that answered last are kept", () => {
  const { peers, at } = house();
  for (let n = 0; n < 150; n++) peers.note(`https://${n}.example/`, at(0));
  expect(peers.all.map(({ origin }) => origin)).toEqual(
    Array.from({ length: 100 }, (_, n) => `https://${n + 50}.example`),
  );
});
