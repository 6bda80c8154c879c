/** Bare program: what an Elysia server costs per request when it does nothing. */
import { Elysia } from "elysia";

const app = new Elysia().get("/", () => "hello").listen({ port: 0, hostname: "127.0.0.1" });
console.log(JSON.stringify({ port: app.server?.port }));
