/**
 * Which of several listeners on one port gets the next connection. Linux spreads connections over all of them by a hash;
 * a program of one instruction (BPF) on the group of sockets says instead that it is always the same one. Without that,
 * a listener that is closed takes with it those connections that it has not accepted yet: they are reset.
 *
 * socket(7), SO_ATTACH_REUSEPORT_CBPF.
 */
import { dlopen, ptr } from "bun:ffi";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const SOL_SOCKET = 1;
const SO_ATTACH_REUSEPORT_CBPF = 51;
/** BPF_RET | BPF_K */
const RETURN = 0x06;
/** State of a socket that listens, in `/proc/net/tcp`. */
const LISTENS = "0A";

/**
 * Sends every new connection on `port` to the socket that came `index`-th, counted from 0, to listen there.
 * @returns false where that cannot be said (not Linux, not glibc): then they are spread as ever
 */
export function steerTo(port: number, index: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const [fd] = socketsOn(port);
    if (fd === undefined) return false;
    const filter = new DataView(new ArrayBuffer(8));
    filter.setUint16(0, RETURN, true);
    filter.setUint32(4, index, true);
    const program = new DataView(new ArrayBuffer(16));
    program.setUint16(0, 1, true);
    program.setBigUint64(8, BigInt(ptr(filter)), true);
    return setOption(fd, program) === 0;
  } catch {
    return false;
  }
}

function setOption(fd: number, value: DataView): number {
  const libc = dlopen("libc.so.6", {
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  });
  try {
    return libc.symbols.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, ptr(value), value.byteLength);
  } finally {
    libc.close();
  }
}

/** Descriptors of this process that listen on a port. */
function socketsOn(port: number): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const inodes = new Set<string>();
  for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    for (const line of textOf(table).split("\n")) {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTENS && local.endsWith(`:${wanted}`) && inode !== undefined) inodes.add(inode);
    }
  }
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => inodes.has(/^socket:\[(\d+)\]$/.exec(linkOf(fd))?.[1] ?? ""));
}

function linkOf(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return ""; // closed meanwhile
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
