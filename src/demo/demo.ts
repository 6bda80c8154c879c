/**
 * `koppla demo`: real data is pushed over HTTP to a Koppla of its own, edited now and then, and the bundles are
 * printed as they arrive at a receiver of its own.
 */
import { systemClock } from "../clock.ts";
import type { Received } from "../listen/listener.ts";
import { aborted, pause } from "../stop-signal.ts";
import { Arrivals, keyOf } from "./arrivals.ts";
import { loadDataset, type Dataset } from "./dataset.ts";
import { planEdits } from "./edits.ts";
import { openHouse, type House } from "./house.ts";
import { describeBundle } from "./print.ts";
import type { Screen } from "./screen.ts";
import { farewell, invitation, sample, welcome } from "./texts.ts";

export interface DemoOptions {
  /** The next free one is taken where it is not free. 0: any. */
  port: number;
  /** A folder to work in, which stays; null: a temporary one. */
  folder: string | null;
  /** Leave the temporary folder, too. */
  keep: boolean;
  /** Edit now and then. */
  edits: boolean;
  /** End when everything has arrived, a sample edit too. */
  once: boolean;
}

/** Records in one pushed list. */
const LIST_SIZE = 500;
const EDIT_EVERY_MS = 4_000;
/** How long `once` waits before the demo has failed. A bundle takes at most 5 s, the longest that its window is open. */
const ONCE_LIMIT_MS = 60_000;

/**
 * Runs until `stop` is aborted, with `once` until everything has arrived.
 *
 * @throws Error when the server refuses something, or with `once` when the bundles do not arrive in time
 */
export async function runDemo(options: DemoOptions, screen: Screen, stop: AbortSignal): Promise<void> {
  await using stack = new AsyncDisposableStack();
  let house: House | undefined;
  // First on the stack, so said last, when all the rest has ended.
  stack.defer(() => {
    if (house) screen.line(farewell(house));
  });
  const arrivals = new Arrivals();
  const onReceived = (received: Received) => {
    for (const line of describeBundle(received, screen.paint)) screen.line(line);
    arrivals.add(received);
  };
  try {
    house = await openHouse({ ...options, stop, onReceived }, stack);
    await show(house, options, arrivals, screen, stop);
  } catch (error) {
    // Stopping breaks off the call under way.
    if (!stop.aborted) throw error;
  } finally {
    screen.progress("");
  }
}

async function show(
  house: House,
  options: DemoOptions,
  arrivals: Arrivals,
  screen: Screen,
  stop: AbortSignal,
): Promise<void> {
  for (const line of welcome(house, options.port, screen.paint)) screen.line(line);
  const dataset = await loadDataset();
  await push(dataset, house, screen);
  for (const line of invitation(house, screen.paint)) screen.line(line);
  const announced = everythingAnnounced(dataset, arrivals, screen);
  if (options.once) {
    const proven = announced.then(() => proveSample(house, arrivals, screen, stop));
    await within(ONCE_LIMIT_MS, stop, proven);
  } else if (options.edits) await editNowAndThen(dataset, house, screen, stop);
  else await aborted(stop);
}

async function push({ countries, universities }: Dataset, { client }: House, screen: Screen): Promise<void> {
  const total = countries.length + universities.length;
  const began = performance.now();
  let pushed = 0;
  const onTaken = (count: number) => {
    pushed += count;
    screen.progress(`pushed ${pushed} of ${total} records`);
  };
  await client.push("countries", countries, LIST_SIZE, onTaken);
  await client.push("universities", universities, LIST_SIZE, onTaken);
  screen.progress("");
  const seconds = ((performance.now() - began) / 1000).toFixed(2);
  screen.line(
    `Pushed ${countries.length} countries and ${universities.length} universities in ${seconds} s ` +
      screen.paint("dim", "(data: university-domains-list by Hipo, MIT License)"),
  );
}

/** Resolves when the receiver has heard of every record that was pushed. */
async function everythingAnnounced(dataset: Dataset, arrivals: Arrivals, screen: Screen): Promise<void> {
  const keys = [
    ...dataset.countries.map(({ id }) => keyOf({ object: "country", id })),
    ...dataset.universities.map(({ id }) => keyOf({ object: "university", id })),
  ];
  await arrivals.allOf(keys);
  const text = `All ${keys.length} records have been announced, in ${arrivals.bundles} bundles.`;
  screen.line(screen.paint("green", text));
}

/** Does what the printed curl line does, and waits until its change has arrived and the log says so. */
async function proveSample(
  house: House,
  arrivals: Arrivals,
  screen: Screen,
  stop: AbortSignal,
): Promise<void> {
  const { client } = house;
  const { id } = await client.call<{ id: number }>("POST", "universities", sample);
  screen.line(`Created university ${id}.`);
  await arrivals.allOf([keyOf({ object: "university", id })]);
  // The log's entry is written after the receiver has answered.
  for (;;) {
    const log = await client.call<{ items: { status: string }[] }>("GET", "deliveries?limit=1");
    if (log.items[0]?.status === "delivered") break;
    if (!(await pause(50, stop, systemClock))) return;
  }
  screen.line(screen.paint("green", "Its change has arrived, and the log says delivered."));
}

/** Waits for `work`, until `stop` at the longest. @throws Error when it takes more than `ms` milliseconds */
async function within(ms: number, stop: AbortSignal, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  const limit = pause(ms, AbortSignal.any([stop, done.signal]), systemClock).then((passed) => {
    if (passed) throw new Error(`the changes did not arrive within ${ms / 1000} s`);
  });
  await Promise.race([work, limit]).finally(() => done.abort());
}

/** Until `stop`. An edit that is refused is told and passed over: the reader may have removed its university. */
async function editNowAndThen(
  dataset: Dataset,
  house: House,
  screen: Screen,
  stop: AbortSignal,
): Promise<void> {
  const nextRound = planEdits(dataset.universities, Math.random);
  while (await pause(EDIT_EVERY_MS, stop, systemClock)) {
    for (const { method, path, body, text } of nextRound()) {
      let said = text;
      try {
        await house.client.call(method, path, body);
      } catch (error) {
        if (stop.aborted) return;
        said = error instanceof Error ? error.message : String(error);
      }
      screen.line(screen.paint("dim", `              edit: ${said}`));
    }
  }
}
