async function handler(event) {
  const state = await inForce();
  const test = await chosen(event);
  if (state.maintenance && !test) return header(event, 'x-slipway-probe') ? probed() : closed();
  const request = event.request;
  request.uri = `/${test || slotAt(pointOf(event), state.weights)}${file(request.uri)}`;
  return request;
}

// A path without an ending is a page of the application, which finds its own way.
function file(uri) {
  return uri.slice(uri.lastIndexOf('/')).includes('.') ? uri : '/index.html';
}

// A prober learns that a system is closed on purpose, which is no outage.
function probed() {
  return {
    statusCode: 200,
    statusDescription: 'OK',
    headers: { 'content-type': { value: 'text/plain' }, 'cache-control': { value: 'no-store' } },
    body: { encoding: 'text', data: 'closed for maintenance' },
  };
}

function closed() {
  return {
    statusCode: 503,
    statusDescription: 'Service Unavailable',
    headers: {
      'content-type': { value: 'text/html; charset=utf-8' },
      'retry-after': { value: String(RETRY_AFTER) },
      'cache-control': { value: 'no-store' },
    },
    body: { encoding: 'text', data: PAGE },
  };
}
