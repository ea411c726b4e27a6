#!/bin/sh
# sign secret timestamp method path body
sign() {
  printf '%s.%s.%s.%s' "$2" "$3" "$4" "$5" | openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1
}

sign "$BONEX_SECRET" "${BONEX_TIMESTAMP:-$(date +%s)}" "$METHOD" "$REQUEST_PATH" "${BODY-}"
