"""Says who calls: the headers of each surface, with a partner's requests signed over the bytes that are sent."""

import hashlib
import hmac
import json
import os
import time
from urllib.parse import urlsplit

import requests
import schemathesis

with open(os.environ["BONEX_DEMO_JSON"], encoding="utf-8") as file:
    DEMO = json.load(file)
BASE = os.environ["BONEX_BASE_URL"]
TENANT = DEMO["tenant"]


def signed(method: str, path: str, body: bytes) -> dict[str, str]:
    """Headers of a partner's request (R-PARTNER-2)."""
    timestamp = str(int(time.time()))
    text = f"{timestamp}.{method}.{path}.".encode() + body
    signature = hmac.new(TENANT["partner_secret"].encode(), text, hashlib.sha256).hexdigest()
    return {
        "X-Tenant-Token": TENANT["token"],
        "X-Partner-Timestamp": timestamp,
        "X-Partner-Signature": signature,
    }


def fresh_bearer() -> str:
    """A bearer token of the first demo client."""
    path = "/api/v1/partner/auth"
    # The same signature twice is one request, so each differs.
    body = json.dumps({"phone": DEMO["clients"][0]["phone"], "nonce": time.time_ns()}).encode()
    answer = requests.post(BASE + path, data=body, headers=signed("POST", path, body), timeout=30)
    return answer.json()["data"]["token"]


BEARER = fresh_bearer()


class Caller(requests.auth.AuthBase):
    """Puts the headers on a request that is ready to go."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        path = urlsplit(request.url).path
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        request.headers["X-Tenant-Token"] = TENANT["token"]
        if path.startswith("/api/v1/partner/"):
            request.headers.update(signed(request.method, path, body))
        elif path.startswith("/api/v1/cashier/"):
            request.headers["X-Cashier-Token"] = DEMO["cashier_nodes"][0]["token"]
            request.headers["X-Device-Id"] = "contract"
        elif path == "/api/v1/auth/logout":
            request.headers["Authorization"] = f"Bearer {fresh_bearer()}"
        else:
            request.headers["Authorization"] = f"Bearer {BEARER}"
        return request


schemathesis.auth.set_from_requests(Caller())
