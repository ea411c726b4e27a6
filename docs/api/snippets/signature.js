const { createHmac } = require('node:crypto');

function sign(secret, timestamp, method, path, body) {
  return createHmac('sha256', secret)
    .update(`${timestamp}.${method}.${path}.`)
    .update(body)
    .digest('hex');
}

const { BONEX_SECRET, BONEX_TIMESTAMP, METHOD, REQUEST_PATH, BODY = '' } = process.env;
const timestamp = BONEX_TIMESTAMP || Math.floor(Date.now() / 1000);
console.log(sign(BONEX_SECRET, timestamp, METHOD, REQUEST_PATH, BODY));
