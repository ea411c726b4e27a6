const { createHmac, timingSafeEqual } = require('node:crypto');

const TOLERANCE_SECONDS = 300;

function verify(secret, headers, rawBody, nowSeconds) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return false;
  const isFresh = Math.abs(nowSeconds - Number(timestamp)) <= TOLERANCE_SECONDS;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const hmac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(rawBody);
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`);
  const matching = signatures
    .split(' ')
    .map((signature) => Buffer.from(signature))
    .filter((given) => given.length === expected.length && timingSafeEqual(given, expected));
  return isFresh && matching.length > 0;
}

module.exports = { verify };

if (require.main === module) {
  const { env } = process;
  const headers = {
    'webhook-id': env.WEBHOOK_ID,
    'webhook-timestamp': env.WEBHOOK_TIMESTAMP,
    'webhook-signature': env.WEBHOOK_SIGNATURE,
  };
  const now = Number(env.NOW || Date.now() / 1000);
  const isGenuine = verify(env.BONEX_WEBHOOK_SECRET, headers, env.BODY ?? '', now);
  console.log(isGenuine ? 'ok' : 'bad');
}
