import hashlib
import hmac
import os
import time


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    signed = f"{timestamp}.{method}.{path}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


if __name__ == "__main__":
    env = os.environ
    timestamp = env.get("BONEX_TIMESTAMP") or str(int(time.time()))
    body = os.fsencode(env.get("BODY", ""))
    print(sign(env["BONEX_SECRET"], timestamp, env["METHOD"], env["REQUEST_PATH"], body))
