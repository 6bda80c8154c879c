import { readFile } from "node:fs/promises";
import { connect as connectTls, rootCertificates } from "node:tls";

import { reach } from "../../outgoing/connect.ts";
import type { Target } from "../../outgoing/guard.ts";
import type { Receiver, ReceiverTls } from "../../receivers/receiver.ts";
import { dataCheck, ok, type Patient, skipped, warning } from "../check.ts";

/** Connections at once, and how long one may take, ms. */
const AT_ONCE = 50;
const TIMEOUT = 2_000;
/** Places that are tried: 300 that do not answer take 12 s. */
const MOST = 300;
/** Places that are named. */
const TOLD = 5;

interface Place {
  /** Scheme, host and port. */
  origin: string;
  /** Of the receivers there. */
  names: string[];
  tls: ReceiverTls | null;
}

/**
 * Whether receivers can be reached: a connection, with its TLS, to where each is, by the guard that deliveries go
 * through. Nothing is sent.
 */
export const receivers = dataCheck("receivers", async (data, patient) => {
  const loaded = await data.store.read((reader) => data.receivers.load(reader));
  const enabled = loaded.filter((receiver) => receiver.enabled);
  if (enabled.length === 0) return skipped("There are no receivers that are enabled.");
  const { proxy } = patient.config.webhooks;
  const all = placesOf(enabled, (url) => proxy === null || patient.guard.isListed(url));
  // A proxy connects by itself: whether it can is seen by the deliveries.
  const places = proxy === null ? all : [...all, { origin: proxy, names: ["webhooks.proxy"], tls: null }];
  const tried = places.slice(0, MOST);
  const authorities = await authoritiesOf(patient);
  const faults: string[] = [];
  const tryNext = async (queue: Iterator<Place>): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const place = next.value;
      const fault = await faultOf(patient, place, authorities, place.origin === proxy);
      if (fault !== undefined) faults.push(`${place.names[0]} (${place.origin}: ${fault})`);
    }
  };
  const queue = tried.values();
  await Promise.all(Array.from({ length: AT_ONCE }, () => tryNext(queue)));

  const left = places.length > tried.length ? ` ${places.length - tried.length} more were not tried.` : "";
  if (faults.length === 0) {
    return ok(`Each of the ${tried.length} places that receivers are at can be connected to.${left}`);
  }
  const named = faults.slice(0, TOLD).join(", ");
  const more = faults.length > TOLD ? `, and ${faults.length - TOLD} more` : "";
  return warning(
    `${faults.length} of ${tried.length} places that receivers are at cannot be connected to: ${named}${more}.${left}`,
    "A receiver's partner mends its server; a firewall, webhooks.allow_targets or webhooks.ca_file is yours.",
  );
});

/** Each place once, however many receivers are there. */
export function placesOf(enabled: readonly Receiver[], isDirect: (url: string) => boolean): Place[] {
  const places = new Map<string, Place>();
  for (const { url, name, tls } of enabled) {
    const { origin } = new URL(url);
    if (!isDirect(url)) continue;
    const key = JSON.stringify([origin, tls]);
    const place = places.get(key);
    if (place) place.names.push(name);
    else places.set(key, { origin, names: [name], tls });
  }
  return [...places.values()];
}

/** @returns why it cannot be connected to, in a few words */
async function faultOf(
  { guard }: Patient,
  { origin, tls }: Place,
  authorities: string[] | undefined,
  isProxy: boolean,
): Promise<string | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT);
  try {
    const found = isProxy
      ? [{ url: origin, address: new URL(origin).hostname }]
      : await guard.targets(origin);
    let fault: unknown;
    for (const target of found) {
      try {
        const { serverName } = target as Target;
        const isTls = new URL(target.url).protocol === "https:" && !isProxy;
        if (!isTls) await reach(target, TIMEOUT, signal);
        else
          await shakeHands(target, serverName, tls?.ca === undefined ? authorities : [tls.ca], tls, signal);
        return undefined;
      } catch (thrown) {
        fault = thrown;
      }
    }
    throw fault;
  } catch (thrown) {
    if (signal.aborted) return `no connection within ${TIMEOUT / 1000} s`;
    if (!(thrown instanceof Error)) return "no connection";
    return "code" in thrown && typeof thrown.code === "string" ? thrown.code : thrown.message;
  }
}

/** Connects with TLS, the certificate checked, and lets go again. */
async function shakeHands(
  { url, address }: Pick<Target, "url" | "address">,
  serverName: string | undefined,
  ca: string[] | undefined,
  tls: ReceiverTls | null,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connectTls({
    ...{ host: address, port: Number(new URL(url).port) || 443 },
    ...(serverName !== undefined && { servername: serverName }),
    ...(ca && { ca }),
    ...(tls?.cert !== undefined && tls.key !== undefined && { cert: tls.cert, key: tls.key }),
  });
  const end = () => reject(new Error("aborted"));
  signal.addEventListener("abort", end, { once: true });
  socket.once("secureConnect", resolve).once("error", reject);
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", end);
    socket.destroy();
  }
}

/** The usual ones and those of `webhooks.ca_file`; undefined where the usual ones are all. */
async function authoritiesOf({ config }: Patient): Promise<string[] | undefined> {
  const { caFile } = config.webhooks;
  return caFile === null ? undefined : [...rootCertificates, await readFile(caFile, "utf8")];
}
