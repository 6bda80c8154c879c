/**
 * A datagram to a unix socket, by the C library: Bun has streams only. And the clock that systemd counts by, which
 * Bun's own counts from the start of the process.
 */
import { dlopen, ptr } from "bun:ffi";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
/** Who does not read holds nobody up: what is not taken at once is lost. */
const MSG_DONTWAIT = 0x40;
const CLOCK_MONOTONIC = 1;
/** unix(7): the family, and a path with room for this many bytes. */
const PATH_BYTES = 108;

/** glibc, musl on both architectures. */
const LIBRARIES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"] as const;

const FUNCTIONS = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
  clock_gettime: { args: ["i32", "ptr"], returns: "i32" },
} as const;

export interface DatagramSocket {
  /** @returns false where it was not taken */
  send(text: string): boolean;
  /** Since the machine's start, microseconds. */
  monotonic(): bigint;
}

/**
 * @param path  a file; or an abstract name, `@` and what follows
 * @throws Error where there is no C library that is known, or the path is too long
 */
export function openDatagram(path: string): DatagramSocket {
  const to = addressOf(path);
  const libc = load();
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error("no socket could be made");
  return {
    send: (text) => {
      const bytes = new TextEncoder().encode(text);
      const flags = MSG_NOSIGNAL | MSG_DONTWAIT;
      return Number(libc.sendto(fd, ptr(bytes), bytes.length, flags, ptr(to), to.length)) === bytes.length;
    },
    monotonic: () => {
      const time = new BigInt64Array(2);
      libc.clock_gettime(CLOCK_MONOTONIC, ptr(time));
      const [seconds = 0n, nanoseconds = 0n] = time;
      return seconds * 1_000_000n + nanoseconds / 1_000n;
    },
  };
}

function load() {
  const reasons: string[] = [];
  for (const library of LIBRARIES) {
    try {
      return dlopen(library, FUNCTIONS).symbols;
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(reasons.join("; "));
}

/** sockaddr_un, as long as its path is: with zeros behind it an abstract name would be another one. */
function addressOf(path: string): Uint8Array {
  const name = new TextEncoder().encode(path);
  if (name.length > PATH_BYTES) throw new Error(`${path} is longer than ${PATH_BYTES} bytes`);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  if (path.startsWith("@")) address[2] = 0;
  return address;
}
