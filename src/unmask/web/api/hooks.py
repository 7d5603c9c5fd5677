"""What the API says to others: the webhook, for people and as part of OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from unmask.jobs.messenger import WAITS_S
from unmask.jobs.webhooks import Event

TEXT = (
    "A submission may name a webhook, an address that is told when the analysis has ended: done, "
    "failed or cancelled, also where the result was known before. It gets a POST with the JSON "
    "below. Any answer from 200 to 299 is a receipt; redirects are not followed. Without a receipt "
    f"it is tried again, {len(WAITS_S)} times over {sum(WAITS_S) // 3600} hours, also after a "
    "restart; after 410 never again. The same message may come twice: webhook-id then is the same. "
    "Private addresses are refused unless the server was started with UNMASK_WEBHOOK_PRIVATE=1."
)

EXAMPLE = """\
POST /your/path
webhook-id: 5f0c6d1e2b7a49d8c3e1
webhook-timestamp: 1767225600
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{"type": "analysis.done", "timestamp": "2026-01-01T00:00:00Z",
 "data": {"id": "…", "state": "done", "sha256": "…", "label": "inconclusive",
          "probability": 0.51, "error": null}}"""

CHECK = """\
import base64, hashlib, hmac, time

def came_from_unmask(headers, body, secret):  # body as bytes, as it came
    stamp = headers["webhook-timestamp"]
    signed = f"{headers['webhook-id']}.{stamp}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    fresh = abs(time.time() - int(stamp)) < 300
    return fresh and hmac.compare_digest(right, headers["webhook-signature"])"""

_HEADERS = {
    "webhook-id": "of this message, the same whenever it is sent again",
    "webhook-timestamp": "when it was sent, seconds since 1970",
    "webhook-signature": "v1, and HMAC-SHA256 over id.timestamp.body in base64",
}


def described(ref: str) -> dict[str, Any]:
    """The member ``webhooks`` of the description; ``ref`` leads to the schema of the event."""
    headers = [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": text,
            "schema": {"type": "string"},
        }
        for name, text in _HEADERS.items()
    ]
    told = {
        "summary": "An analysis has ended",
        "description": TEXT,
        "operationId": "analysis-ended",
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": ref}}},
        },
        "responses": {"2XX": {"description": "It was received"}},
    }
    return {"analysisEnded": {"post": told}}


MODEL = Event
