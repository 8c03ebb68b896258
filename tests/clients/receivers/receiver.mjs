import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";

export const receiver = createServer(async (request, response) => {
  try {
    const event = new Webhook(process.env.WEBHOOK_SECRET).verify(await text(request), request.headers);
    console.log(request.headers["webhook-id"], event.type); // Skip an id that you have seen, and answer 204.
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});

if (import.meta.main) receiver.listen(3000, "127.0.0.1");
