/**
 * Connections on which nobody has ever said anything, ended by hand. Bun gives them twelve seconds, and its
 * `closeIdleConnections` knows only those that have had an answer; with a few thousand such connections in a second the
 * process has no file left to open. So the kernel is asked what it has received on each (tcp(7), TCP_INFO).
 */
import { dlopen, ptr } from "bun:ffi";

const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const SHUT_RDWR = 2;
/** `tcp_info`: since when nothing was received, ms, and how many bytes were. */
const LAST_RECEIVED = 52;
const BYTES_RECEIVED = 128;
const INFO_SIZE = 136;
/** `TCP_ESTABLISHED` */
const ESTABLISHED = 1;
/** Whoever connects to ask something has begun to after this time, ms. */
const PATIENCE_MS = 1_000;

/**
 * Ends connections that came in on `port` and have been silent from their beginning; their peers see an orderly end.
 * @param highest  descriptors are looked at from 0 to this
 * @param most  no more than these are ended
 * @returns how many; 0 where it cannot be known (not Linux, not glibc)
 */
export function endSilent(port: number, highest: number, most: number): number {
  if (process.platform !== "linux" || most <= 0) return 0;
  try {
    return endThose(port, highest, most);
  } catch {
    return 0;
  }
}

function endThose(port: number, highest: number, most: number): number {
  const { getsockopt, getsockname, shutdown } = libc();
  const info = new DataView(new ArrayBuffer(256));
  const address = new DataView(new ArrayBuffer(128));
  const length = new DataView(new ArrayBuffer(4));
  let ended = 0;
  for (let fd = 3; fd <= highest && ended < most; fd++) {
    length.setUint32(0, info.byteLength, true);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, ptr(info), ptr(length)) !== 0) continue;
    if (length.getUint32(0, true) < INFO_SIZE || info.getUint8(0) !== ESTABLISHED) continue;
    if (info.getBigUint64(BYTES_RECEIVED, true) !== 0n) continue;
    if (info.getUint32(LAST_RECEIVED, true) < PATIENCE_MS) continue;
    length.setUint32(0, address.byteLength, true);
    // The port stands in the same place for both families: network order, behind the family.
    if (getsockname(fd, ptr(address), ptr(length)) !== 0 || address.getUint16(2) !== port) continue;
    if (shutdown(fd, SHUT_RDWR) === 0) ended++;
  }
  return ended;
}

let opened: ReturnType<typeof open> | undefined;

/** Opened once, and beforehand: it takes a file. */
function libc() {
  opened ??= open();
  return opened.symbols;
}

function open() {
  return dlopen("libc.so.6", {
    getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    shutdown: { args: ["i32", "i32"], returns: "i32" },
  });
}

/** Makes what {@link endSilent} needs, while there are files to open. */
export function prepareToEnd(): void {
  if (process.platform !== "linux") return;
  try {
    libc();
  } catch {
    // musl: Bun's own twelve seconds have to do.
  }
}
