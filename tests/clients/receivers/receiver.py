import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = Webhook(os.environ["WEBHOOK_SECRET"]).verify(body, dict(self.headers))
            print(self.headers["webhook-id"], event["type"], flush=True)  # Skip an id that you have seen, and answer 204.
            self.send_response(204)
        except WebhookVerificationError:
            self.send_response(401)
        self.end_headers()

if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 3000), Receiver).serve_forever()
