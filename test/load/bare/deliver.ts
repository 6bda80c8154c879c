/**
 * Bare program: the physical work of webhook deliveries and nothing else. Each is signed (Standard Webhooks) and sent
 * by `fetch`, 64 in flight, which is what Bun's pool of kept connections holds.
 *
 * A line `{"port", "count"}` on stdin sends that many to the sink; the answer comes when all were answered.
 */
import { createHmac, randomBytes } from "node:crypto";

const IN_FLIGHT = 64;
const key = randomBytes(32);

async function deliver(url: string, id: string, body: string): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1000);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": `v1,${signature}`,
    },
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`status ${response.status}`);
}

async function deliverAll(port: number, count: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const id = 1_000_000_000 + next++;
      await deliver(
        `http://127.0.0.1:${port}/bare`,
        `msg_${id}`,
        `{"changes":[{"action":"update","object":"item","id":${id},"url":"http://127.0.0.1:8080/api/v1/items/${id}"}]}`,
      );
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

console.log(JSON.stringify({ ready: true }));
for await (const line of console) {
  const { port, count }: { port: number; count: number } = JSON.parse(line);
  await deliverAll(port, count);
  console.log(JSON.stringify({ done: count }));
}
