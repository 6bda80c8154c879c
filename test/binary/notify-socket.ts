/** The socket that systemd listens on for `Type=notify`: datagrams, for which Bun has nothing. Linux with glibc. */
import { dlopen, ptr } from "bun:ffi";

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

export class NotifySocket {
  readonly #libc = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  }).symbols;
  readonly #fd: number;
  readonly #read: string[] = [];

  /** @param path  as NOTIFY_SOCKET has it: a file, or `@` and an abstract name */
  constructor(readonly path: string) {
    const name = new TextEncoder().encode(path);
    const address = new Uint8Array(2 + name.length);
    address.set([AF_UNIX, 0]);
    address.set(name, 2);
    if (path.startsWith("@")) address[2] = 0;
    this.#fd = this.#libc.socket(AF_UNIX, SOCK_DGRAM, 0);
    if (this.#libc.bind(this.#fd, ptr(address), address.length) !== 0)
      throw new Error(`${path} cannot be bound`);
  }

  /** What has come so far, a message each. */
  get messages(): readonly string[] {
    const buffer = new Uint8Array(4096);
    for (;;) {
      const size = Number(this.#libc.recv(this.#fd, ptr(buffer), buffer.length, MSG_DONTWAIT));
      if (size <= 0) return this.#read;
      this.#read.push(new TextDecoder().decode(buffer.subarray(0, size)));
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close(this.#fd);
  }
}
