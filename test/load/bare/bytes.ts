/** Bare program: sends the bytes of a file from memory, whatever it is asked. Argument: the file. */
const bytes = new Uint8Array(await Bun.file(process.argv[2] ?? "").arrayBuffer());
const headers = { "content-type": "application/json" };

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: () => new Response(bytes, { headers }),
});
console.log(JSON.stringify({ port: server.port }));
