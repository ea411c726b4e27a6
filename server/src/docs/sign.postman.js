const time = Math.floor(Date.now() / 1000).toString();
const path = pm.variables.replaceIn(pm.request.url.getPath());
const body = pm.variables.replaceIn(pm.request.body ? pm.request.body.raw || '' : '');
const text = [time, pm.request.method, path, body].join('.');
const secret = pm.variables.get('partner_secret');
pm.request.headers.upsert({ key: 'X-Partner-Timestamp', value: time });
pm.request.headers.upsert({
  key: 'X-Partner-Signature',
  value: CryptoJS.HmacSHA256(text, secret).toString(CryptoJS.enc.Hex),
});
